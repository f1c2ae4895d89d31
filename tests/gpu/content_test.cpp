// SPDX-License-Identifier: Apache-2.0
// The kernels of content_check against their C++ twins.
#include <gtest/gtest.h>

#include "base/philox.h"
#include "cuda/content_check.h"
#include "cuda/device_choice.h"
#include "cuda/driver.h"

namespace fitest::cuda {
namespace {

class GpuContent : public testing::Test {
 protected:
  void SetUp() override {
    const Driver& driver = installed_driver();
    if (!driver.usable()) GTEST_SKIP() << driver.problem;
    const VisibleDevice device = choose_device(list_devices(driver.api), "");
    context_.emplace(driver.api, device.id);
    queue_.emplace(*context_, GpuLock::Place{"/tmp", device.uuid}, 0);
    check_.emplace(*context_, *queue_);
  }
  OwnedMemory upload(const std::vector<std::uint32_t>& words) {
    OwnedMemory memory = make_memory(*context_, 4 * words.size());
    queue_->copy_in(memory.get(), std::as_bytes(std::span(words)));
    queue_->settle();
    return memory;
  }
  static std::vector<std::uint32_t> random_words(std::size_t count) {
    std::vector<std::uint32_t> words(count);
    for (std::size_t i = 0; i < count; ++i) {
      words[i] = philox4x32_10({static_cast<std::uint32_t>(i), 0, 0, 0}, {1, 2})[0];
    }
    return words;
  }
  std::optional<CudaContext> context_;
  std::optional<CudaQueue> queue_;
  std::optional<ContentCheck> check_;
};

TEST_F(GpuContent, ChecksumsAreThoseOfTheHost) {
  for (const std::size_t count : {1u, 255u, 4096u, 4097u, 1000003u}) {
    const auto words = random_words(count);
    const OwnedMemory memory = upload(words);
    EXPECT_EQ(check_->checksums(memory.get(), count), checksums(std::as_bytes(std::span(words))))
        << count;
  }
}

TEST_F(GpuContent, WordsOfThePatternAreCounted) {
  std::vector<std::uint32_t> words(1000003, 5);
  for (std::size_t i = 0; i < words.size(); i += 7) words[i] = 9;
  const OwnedMemory memory = upload(words);
  EXPECT_EQ(check_->count_words(memory.get(), words.size(), 9), 142858u);
  EXPECT_EQ(check_->count_words(memory.get(), words.size(), 6), 0u);
}

}  // namespace
}  // namespace fitest::cuda
