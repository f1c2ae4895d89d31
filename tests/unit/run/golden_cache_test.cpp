// SPDX-License-Identifier: Apache-2.0
#include "run/golden_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

class GoldenCache : public testing::Test {
 protected:
  GoldenCache() {
    folder_ = fs::temp_directory_path() / ("fitest-golden-" + std::to_string(::getpid()));
    ::setenv("FITEST_CACHE_DIR", folder_.c_str(), 1);
    definition_.outputs = {{.name = "y", .shape = {{"n"}}, .dtype = DType::Float32}};
    definition_.reference = "def run(): pass";
    workload_.uuid = "u";
    result_.engine = "builtin-1";
    result_.milliseconds = 2.5;
    Tensor tensor(DType::Float32, {2});
    tensor.as<float>()[1] = 7;
    result_.outputs = {{"y", tensor, false, 0}};
  }
  ~GoldenCache() override {
    ::unsetenv("FITEST_CACHE_DIR");
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string key() const {
    return golden_key({definition_, workload_, folder_, 0, 0}, "builtin-1");
  }
  fs::path file() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) return entry.path();
    }
    return {};
  }

  fs::path folder_;
  Definition definition_;
  Workload workload_;
  ReferenceResult result_;
};

TEST_F(GoldenCache, GivesBackWhatWasStored) {
  EXPECT_FALSE(load_golden(key(), definition_));
  store_golden(key(), result_);
  const auto loaded = load_golden(key(), definition_);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->from_cache);
  EXPECT_EQ(loaded->engine, "builtin-1");
  EXPECT_EQ(loaded->milliseconds, 2.5);
  EXPECT_EQ(loaded->outputs.at(0).tensor.as<float>()[1], 7.0f);
}

TEST_F(GoldenCache, ADamagedFileCountsAsNone) {
  store_golden(key(), result_);
  write_file_atomically(file(), std::string_view("not safetensors"));
  EXPECT_FALSE(load_golden(key(), definition_));
}

TEST_F(GoldenCache, KeepsTheHardwareThatAReferenceRanOn) {
  result_.hardware = "Stub 100";
  store_golden(key(), result_);
  EXPECT_EQ(load_golden(key(), definition_)->hardware, "Stub 100");
}

TEST_F(GoldenCache, KeepsALatencyUnderAKeyOfItsOwn) {
  EXPECT_FALSE(load_latency("0123"));
  store_latency("0123", 0.125);
  EXPECT_EQ(load_latency("0123"), 0.125);
  EXPECT_FALSE(load_latency("0124"));
}

TEST_F(GoldenCache, TheKeyDependsOnReferenceAndEngine) {
  const std::string before = key();
  EXPECT_NE(before, golden_key({definition_, workload_, folder_, 0, 0}, "builtin-2"));
  definition_.reference += "\n";
  EXPECT_NE(before, key());
}

}  // namespace
}  // namespace fitest
