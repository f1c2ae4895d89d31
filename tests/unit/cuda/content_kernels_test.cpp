// SPDX-License-Identifier: Apache-2.0
// The PTX of content_check, executed by the virtual device, against its C++ twin.
#include "cuda/content_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "cuda/content_check.h"
#include "ptx/virtual_device.h"

namespace fitest::cuda {
namespace {

class ContentKernels : public testing::Test {
 protected:
  void SetUp() override {
    std::optional<Fault> fault;
    module_ = device_->load({Image::Kind::Ptx, kContentKernels, "compute_70"}, fault);
    ASSERT_EQ(fault, std::nullopt);
    std::iota(words_.begin(), words_.end(), 0x12345678u);
    const auto bytes = std::as_bytes(std::span(words_));
    input_ = device_->allocate({"words", bytes.size(), Access::Input});
    device_->upload(*input_, bytes);
    found_ = device_->allocate({"found", sums_.size() * 8, Access::Workspace});
    device_->upload(*found_, std::as_bytes(std::span(sums_)));
    launch_.arguments = {argument(input_->address()), argument(std::uint64_t{words_.size()}),
                         argument(found_->address())};
  }
  template <class T>
  static KernelArgument argument(T value) {
    KernelArgument bound{"", std::vector<std::byte>(sizeof value)};
    std::memcpy(bound.bytes.data(), &value, sizeof value);
    return bound;
  }
  std::vector<std::uint64_t> run(const std::string& kernel) {
    launch_.kernel = kernel;
    EXPECT_EQ(device_->launch(*module_, launch_), std::nullopt);
    EXPECT_EQ(device_->synchronize(), std::nullopt);
    device_->download(*found_, std::as_writable_bytes(std::span(sums_)));
    return sums_;
  }

  DevicePtr device_ = ptx::make_virtual_device({});
  ModulePtr module_;
  std::vector<std::uint32_t> words_ = std::vector<std::uint32_t>(9001);
  std::vector<std::uint64_t> sums_ = std::vector<std::uint64_t>(3);
  BufferPtr input_;
  BufferPtr found_;
  Launch launch_{"", {3, 1, 1}, {256, 1, 1}, std::nullopt, 0, {}};
};

TEST_F(ContentKernels, ChecksumIsThatOfTheHost) {
  EXPECT_EQ(run("checksum"), checksums(std::as_bytes(std::span(words_))));
}

TEST_F(ContentKernels, WordsThatEqualThePatternAreCountedByChunk) {
  launch_.arguments.push_back(argument(0x12345678u + 5000));
  EXPECT_EQ(run("count_words"), (std::vector<std::uint64_t>{0, 1, 0}));
}

}  // namespace
}  // namespace fitest::cuda
