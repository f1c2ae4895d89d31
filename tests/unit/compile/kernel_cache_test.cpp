// SPDX-License-Identifier: Apache-2.0
#include "compile/kernel_cache.h"

#include <gtest/gtest.h>

#include "testing/temporary_folder.h"

namespace fitest {
namespace {

CompileResult sample() {
  CompileResult result;
  result.succeeded = true;
  result.code = std::string(
      "\x7F"
      "ELF\0\n12\n",
      9);
  result.log = "kernel.cu(1): warning\n";
  result.names = {{"f<1>", "_Z1fILi1EEvv"}, {"g", "g"}};
  result.nvrtc_version = "13.0";
  result.compile_ms = 12.5;
  return result;
}

TEST(KernelCacheTest, DecodingGivesWhatWasEncoded) {
  const CompileResult expected = sample();
  const auto result = decode_result(encode_result(expected));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->succeeded);
  EXPECT_TRUE(result->from_cache);
  EXPECT_EQ(result->code, expected.code);
  EXPECT_EQ(result->log, expected.log);
  EXPECT_EQ(result->names, expected.names);
  EXPECT_EQ(result->nvrtc_version, expected.nvrtc_version);
  EXPECT_EQ(result->compile_ms, expected.compile_ms);
}

TEST(KernelCacheTest, EveryTruncationIsNoticed) {
  const std::string bytes = encode_result(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_result(bytes.substr(0, size))) << size;
  }
}

TEST(KernelCacheTest, EveryAlteredByteIsNoticed) {
  const std::string bytes = encode_result(sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(decode_result(altered)) << i;
  }
}

TEST(KernelCacheTest, AnUnknownKeyIsAbsent) {
  const testing::TemporaryFolder folder;
  EXPECT_FALSE(KernelCache(folder.path()).find(std::string(64, 'a')));
}

TEST(KernelCacheTest, WhatWasStoredIsFoundByAnotherCacheOfTheSameFolder) {
  const testing::TemporaryFolder folder;
  const std::string key(64, 'b');
  KernelCache(folder.path()).store(key, sample());
  const auto found = KernelCache(folder.path()).find(key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->code, sample().code);
}

}  // namespace
}  // namespace fitest
