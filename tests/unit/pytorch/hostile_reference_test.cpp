// SPDX-License-Identifier: Apache-2.0
// Wrong and hostile references: each ends within the caps with one located error, or is harmless.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "golden.h"
#include "pytorch/engine.h"

namespace fitest::pytorch {
namespace {

const std::string kReferences = FITEST_SOURCE_DIR "/tests/pytorch/hostile_references.json";

// Only what may run for ever gets little time: on a busy machine the others must reach their own
// error first.
Limits caps_for(const std::string& expected) {
  const bool may_be_endless = expected.find("longer than its limit") != std::string::npos ||
                              expected.ends_with(":") || expected.ends_with("the reference");
  return {.seconds = may_be_endless ? 0.5 : 60,
          .memory_bytes = std::size_t{32} << 20,
          .call_depth = 50};
}

std::string error_of(const std::string& code, const Limits& caps) {
  try {
    run_reference(make_source("hostile: reference", code), {}, caps);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(HostileReferences, EndWithOneLocatedError) {
  const fitest::Value cases = read_json_file(kReferences);
  EXPECT_GE(cases.array().size(), 200U);
  for (const fitest::Value& entry : cases.array()) {
    SCOPED_TRACE(entry.find("name")->string());
    const std::string& expected = entry.find("error")->string();
    const std::string actual = error_of(entry.find("code")->string(), caps_for(expected));
    if (expected.empty()) {
      EXPECT_EQ(actual, "");
    } else {
      EXPECT_THAT(actual, testing::HasSubstr(expected));
      // What `run` returns has no place in the source.
      const char* start = expected.starts_with("output 0") ? "output " : "hostile: reference:";
      EXPECT_THAT(actual, testing::StartsWith(start));
    }
  }
}

}  // namespace
}  // namespace fitest::pytorch
