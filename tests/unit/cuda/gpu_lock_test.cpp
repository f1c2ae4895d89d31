// SPDX-License-Identifier: Apache-2.0
#include "cuda/gpu_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/error.h"

namespace fitest::cuda {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class GpuLocking : public testing::Test {
 protected:
  void SetUp() override {
    place_.folder =
        std::filesystem::temp_directory_path() / ("fitest-lock-test-" + std::to_string(::getpid()));
    place_.uuid = "GPU-1";
    std::filesystem::create_directories(place_.folder);
  }
  void TearDown() override { std::filesystem::remove_all(place_.folder); }

  bool is_free_for(GpuLock::Mode mode) const {
    try {
      const GpuLock lock(place_, mode, steady_clock::now() + milliseconds(2));
      return true;
    } catch (const Error&) {
      return false;
    }
  }
  GpuLock::Place place_;
};

TEST_F(GpuLocking, SharedHoldersTolerateEachOther) {
  const GpuLock lock(place_, GpuLock::Mode::Shared, Deadline::max());
  EXPECT_TRUE(is_free_for(GpuLock::Mode::Shared));
  EXPECT_FALSE(is_free_for(GpuLock::Mode::Exclusive));
}

TEST_F(GpuLocking, ExclusiveHolderIsAlone) {
  const GpuLock lock(place_, GpuLock::Mode::Exclusive, Deadline::max());
  EXPECT_FALSE(is_free_for(GpuLock::Mode::Shared));
  EXPECT_FALSE(is_free_for(GpuLock::Mode::Exclusive));
}

TEST_F(GpuLocking, EndsWithItsHolder) {
  { const GpuLock lock(place_, GpuLock::Mode::Exclusive, Deadline::max()); }
  EXPECT_TRUE(is_free_for(GpuLock::Mode::Exclusive));
}

TEST_F(GpuLocking, OtherGpusAreFree) {
  const GpuLock lock(place_, GpuLock::Mode::Exclusive, Deadline::max());
  place_.uuid = "GPU-2";
  EXPECT_TRUE(is_free_for(GpuLock::Mode::Exclusive));
}

TEST_F(GpuLocking, WaitingExclusiveKeepsNewSharedHoldersOut) {
  auto held = std::make_unique<GpuLock>(place_, GpuLock::Mode::Shared, Deadline::max());
  std::thread waiting(
      [&] { const GpuLock lock(place_, GpuLock::Mode::Exclusive, Deadline::max()); });
  const auto limit = steady_clock::now() + std::chrono::seconds(10);
  while (is_free_for(GpuLock::Mode::Shared) && steady_clock::now() < limit) {
  }
  EXPECT_FALSE(is_free_for(GpuLock::Mode::Shared));
  held.reset();
  waiting.join();
  EXPECT_TRUE(is_free_for(GpuLock::Mode::Shared));
}

TEST_F(GpuLocking, DeadlineEndsTheWaitWithTheFile) {
  const GpuLock lock(place_, GpuLock::Mode::Exclusive, Deadline::max());
  try {
    const GpuLock second(place_, GpuLock::Mode::Exclusive, steady_clock::now() + milliseconds(2));
    FAIL() << "two exclusive holders";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("fitest-gpu-GPU-1.lock: another process held it"));
  }
}

TEST_F(GpuLocking, FolderThatIsNotThereIsAnError) {
  place_.folder /= "absent";
  EXPECT_THROW(GpuLock(place_, GpuLock::Mode::Shared, Deadline::max()), Error);
}

TEST(LockFolder, IsTheUsersWhereGiven) {
  ::unsetenv("FITEST_GPU_LOCK_DIR");
  EXPECT_EQ(lock_folder(), "/tmp");
  ::setenv("FITEST_GPU_LOCK_DIR", "/run/shared", 1);
  EXPECT_EQ(lock_folder(), "/run/shared");
  ::unsetenv("FITEST_GPU_LOCK_DIR");
}

}  // namespace
}  // namespace fitest::cuda
