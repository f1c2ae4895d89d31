// SPDX-License-Identifier: Apache-2.0
#include "base/subprocess.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace fitest {
namespace {

TEST(SubprocessTest, GivesOutputOfBothStreamsAndTheExitCode) {
  const SubprocessResult result = run_subprocess({"sh", "-c", "echo a; echo b >&2; exit 3"}, 10);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "a\nb\n");
  EXPECT_FALSE(result.timed_out);
}

TEST(SubprocessTest, AProgramThatIsMissingEndsWith127) {
  EXPECT_EQ(run_subprocess({"fitest-no-such-program"}, 10).exit_code, 127);
}

TEST(SubprocessTest, AKilledChildEndsWithItsSignal) {
  EXPECT_EQ(run_subprocess({"sh", "-c", "kill -SEGV $$"}, 10).exit_code, 128 + SIGSEGV);
}

TEST(SubprocessTest, TheTimeLimitKillsGrandchildrenToo) {
  const SubprocessResult result = run_subprocess({"sh", "-c", "echo a; sleep 60 & sleep 60"}, 0.2);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.output, "a\n");
}

TEST(SubprocessTest, InputIsEmpty) {
  EXPECT_EQ(run_subprocess({"cat"}, 10).exit_code, 0);
}

TEST(SubprocessTest, LongOutputIsCutAndTheChildStillEnds) {
  const SubprocessResult result = run_subprocess({"head", "-c", "3000000", "/dev/zero"}, 30);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_LE(result.output.size(), std::size_t{1} << 20);
}

}  // namespace
}  // namespace fitest
