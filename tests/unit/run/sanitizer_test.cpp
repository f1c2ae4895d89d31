// SPDX-License-Identifier: Apache-2.0
#include "run/sanitizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace fitest {
namespace {

using testing::ElementsAre;

TEST(Sanitizer, CommandFailsOnDefects) {
  EXPECT_THAT(sanitizer_command("/x/compute-sanitizer", "racecheck", {"fitest", "run", "."}),
              ElementsAre("/x/compute-sanitizer", "--tool", "racecheck", "--error-exitcode", "1",
                          "fitest", "run", "."));
}

TEST(Sanitizer, OptionIsNotPassedOn) {
  EXPECT_THAT(without_sanitizer({"run", "--sanitizer", "memcheck", "."}), ElementsAre("run", "."));
  EXPECT_THAT(without_sanitizer({"run", "--sanitizer=memcheck", "."}), ElementsAre("run", "."));
}

TEST(Sanitizer, IsSeenByWhatItSetsForItsChildren) {
  EXPECT_FALSE(runs_under_sanitizer());
  ::setenv("NV_SANITIZER_INJECTION_PORT_BASE", "49152", 1);
  EXPECT_TRUE(runs_under_sanitizer());
  ::unsetenv("NV_SANITIZER_INJECTION_PORT_BASE");
}

}  // namespace
}  // namespace fitest
