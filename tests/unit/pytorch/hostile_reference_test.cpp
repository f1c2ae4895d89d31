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
constexpr Limits kCaps{.seconds = 0.5, .memory_bytes = std::size_t{32} << 20, .call_depth = 50};

std::string error_of(const std::string& code) {
  try {
    run_reference(make_source("hostile: reference", code), {}, kCaps);
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
    const std::string actual = error_of(entry.find("code")->string());
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
