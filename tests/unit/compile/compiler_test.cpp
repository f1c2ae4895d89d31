// SPDX-License-Identifier: Apache-2.0
#include "compile/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

CompileRequest request_for(const std::string& source) {
  CompileRequest request;
  request.sources = {{"kernel.cu", source}};
  request.main_path = "kernel.cu";
  return request;
}

const std::string kCopy =
    "extern \"C\" __global__ void copy(float* out, const float* in) {\n"
    "  out[threadIdx.x] = in[threadIdx.x];\n"
    "}\n";

class CompilerTest : public ::testing::Test {
 protected:
  // The search runs before the cache moves: it looks for NVRTC in the real one too.
  void SetUp() override {
    if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
    cache_.emplace("FITEST_CACHE_DIR", folder_.path().string());
  }
  std::vector<fs::path> entries() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file() && entry.path().filename() != "lock") {
        found.push_back(entry.path());
      }
    }
    return found;
  }
  testing::TemporaryFolder folder_;
  std::optional<testing::EnvironmentVariable> cache_;
};

TEST_F(CompilerTest, GivesPtxWithSourceLines) {
  const CompileResult result = compile(request_for(kCopy));
  ASSERT_TRUE(result.succeeded) << result.log;
  EXPECT_THAT(result.code, HasSubstr(".visible .entry copy("));
  EXPECT_THAT(result.code, HasSubstr(".target sm_80"));
  EXPECT_THAT(result.code, HasSubstr(".file\t1 \"kernel.cu\""));
  EXPECT_THAT(result.code, HasSubstr(".loc\t1 2"));
  EXPECT_EQ(result.nvrtc_version, nvrtc_status().version);
  EXPECT_GT(result.compile_ms, 0);
}

TEST_F(CompilerTest, GivesACubinForARealArchitecture) {
  CompileRequest request = request_for(kCopy);
  request.target = "sm_90a";
  const CompileResult result = compile(request);
  ASSERT_TRUE(result.succeeded) << result.log;
  EXPECT_THAT(result.code, StartsWith("\x7F"
                                      "ELF"));
}

TEST_F(CompilerTest, MapsNameExpressionsToMangledNames) {
  CompileRequest request = request_for(
      "namespace n { template <int N, class T> __global__ void fill(T* out) { out[0] = N; } }\n" +
      kCopy);
  request.name_expressions = {"n::fill<3, float>", "copy"};
  const CompileResult result = compile(request);
  ASSERT_TRUE(result.succeeded) << result.log;
  EXPECT_EQ(result.names.at("copy"), "copy");
  EXPECT_EQ(result.names.at("n::fill<3, float>"), "_ZN1n4fillILi3EfEEvPT0_");
  EXPECT_THAT(result.code, HasSubstr(".entry _ZN1n4fillILi3EfEEvPT0_("));
}

TEST_F(CompilerTest, AKernelThatDoesNotCompileIsAResultWithTheLog) {
  const CompileResult result = compile(request_for("__global__ void f() {\n  oops;\n}\n"));
  EXPECT_FALSE(result.succeeded);
  EXPECT_THAT(result.log, HasSubstr("kernel.cu(2): error: identifier \"oops\" is undefined"));
  EXPECT_TRUE(result.code.empty());
  EXPECT_TRUE(entries().empty()) << "failures are not cached";
}

TEST_F(CompilerTest, AWrongKernelNameIsExplained) {
  CompileRequest request = request_for(kCopy);
  request.name_expressions = {"copy", "missing<3>"};
  const CompileResult result = compile(request);
  EXPECT_FALSE(result.succeeded);
  EXPECT_THAT(result.log, HasSubstr("identifier \"missing\" is undefined"));
  EXPECT_THAT(result.log, HasSubstr("launch plan's kernel names: copy, missing<3>"));
}

TEST_F(CompilerTest, AnUnknownOptionIsAResultThatNamesIt) {
  CompileRequest request = request_for(kCopy);
  request.options = {"--no-such-option"};
  const CompileResult result = compile(request);
  EXPECT_FALSE(result.succeeded);
  EXPECT_THAT(result.log, HasSubstr("--no-such-option"));
}

TEST_F(CompilerTest, AnOptionThatReadsTheHostIsRefused) {
  CompileRequest request = request_for(kCopy);
  request.options = {"-I/etc"};
  const CompileResult result = compile(request);
  EXPECT_FALSE(result.succeeded);
  EXPECT_THAT(result.log, HasSubstr("compile option -I/etc is not allowed"));
}

TEST_F(CompilerTest, DefinesAndOptionsReachTheCompiler) {
  CompileRequest request =
      request_for("static_assert(HEAD_DIM == 128 && __cplusplus >= 202002L, \"\");\n" + kCopy);
  request.defines = {"HEAD_DIM=128"};
  request.options = {"--std=c++20"};
  const CompileResult result = compile(request);
  EXPECT_TRUE(result.succeeded) << result.log;
}

TEST_F(CompilerTest, FunctionsWithoutAnnotationAreDeviceFunctions) {
  const CompileResult result = compile(
      request_for("int twice(int x) { return 2 * x; }\n"
                  "extern \"C\" __global__ void f(int* out) { out[0] = twice(out[1]); }\n"));
  EXPECT_TRUE(result.succeeded) << result.log;
}

TEST_F(CompilerTest, OtherSourcesAreHeadersFoundFromTheIncludersFolder) {
  CompileRequest request;
  request.sources = {{"src/kernel.cu", "#include \"tile.cuh\"\n#include \"../common.cuh\"\n" +
                                           kCopy + "static_assert(kTile + kCommon == 3, \"\");\n"},
                     {"src/tile.cuh", "#pragma once\n#include \"deep/more.cuh\"\n"},
                     {"src/deep/more.cuh",
                      "#pragma once\n#include \"../tile.cuh\"\n"
                      "#include \"common.cuh\"\nconstexpr int kTile = 1;\n"},
                     {"common.cuh", "#pragma once\nconstexpr int kCommon = 2;\n"}};
  request.main_path = "src/kernel.cu";
  const CompileResult result = compile(request);
  EXPECT_TRUE(result.succeeded) << result.log;
}

TEST_F(CompilerTest, ToolkitHeadersAreFound) {
  if (nvrtc_status().include_paths.empty()) GTEST_SKIP() << nvrtc_status().problem;
  const CompileResult result = compile(request_for(
      "#include <cuda_fp16.h>\n#include <cuda_bf16.h>\n#include <cuda_fp8.h>\n" + kCopy));
  EXPECT_TRUE(result.succeeded) << result.log;
}

TEST_F(CompilerTest, CooperativeGroupsAndCcclAreFound) {
  if (nvrtc_status().include_paths.empty()) GTEST_SKIP() << nvrtc_status().problem;
  const CompileResult result =
      compile(request_for("#include <cooperative_groups.h>\n#include <cub/warp/warp_reduce.cuh>\n"
                          "#include <cuda/std/limits>\n" +
                          kCopy));
  EXPECT_TRUE(result.succeeded) << result.log;
}

TEST_F(CompilerTest, StandardHeadersMeanTheDevicesHalfOfThem) {
  if (nvrtc_status().include_paths.empty()) GTEST_SKIP() << nvrtc_status().problem;
  const CompileResult result = compile(request_for(
      "#include <cstdint>\n#include <stdint.h>\n#include <cmath>\n#include <limits>\n"
      "#include <cfloat>\n#include <climits>\n#include <cassert>\n#include <cstdio>\n"
      "#include <cstddef>\n"
      "extern \"C\" __global__ void f(float* out, std::uint32_t* n, uint64_t* m, std::size_t k) {\n"
      "  assert(k < INT_MAX);\n"
      "  out[0] = std::sqrt(out[1]) + std::fmax(out[2], -INFINITY) + std::abs(out[3]) + FLT_MAX;\n"
      "  out[1] = std::numeric_limits<float>::infinity();\n"
      "  if (std::isnan(out[4])) printf(\"%u\", n[0]);\n"
      "}\n"));
  EXPECT_TRUE(result.succeeded) << result.log;
}

TEST_F(CompilerTest, FilesOfTheHostAreNotIncluded) {
  std::ofstream(folder_.path() / "secret.h") << "constexpr int kSecret = 1;\n";
  const std::string secret = (folder_.path() / "secret.h").string();
  const CompileResult result = compile(request_for("#include \"" + secret + "\"\n" + kCopy));
  EXPECT_FALSE(result.succeeded);
  EXPECT_THAT(result.log, HasSubstr("neither one of the Solution's sources"));
}

TEST_F(CompilerTest, TheWorkingDirectoryIsNotAnIncludePath) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  std::ofstream("near.h") << "constexpr int kNear = 1;\n";
  const CompileResult result = compile(request_for("#include \"near.h\"\n" + kCopy));
  fs::current_path(before);
  EXPECT_FALSE(result.succeeded);
  EXPECT_THAT(result.log, HasSubstr("\"near.h\" is neither one of the Solution's sources"));
}

TEST_F(CompilerTest, TheSecondCompileComesFromTheCache) {
  CompileRequest request = request_for(kCopy);
  request.name_expressions = {"copy"};
  const CompileResult first = compile(request);
  const CompileResult second = compile(request);
  EXPECT_FALSE(first.from_cache);
  EXPECT_TRUE(second.from_cache);
  EXPECT_TRUE(second.succeeded);
  EXPECT_EQ(second.code, first.code);
  EXPECT_EQ(second.names, first.names);
  EXPECT_EQ(second.nvrtc_version, first.nvrtc_version);
  EXPECT_EQ(second.compile_ms, first.compile_ms);
  EXPECT_EQ(entries().size(), 1u);
}

TEST_F(CompilerTest, AnyChangeOfTheRequestCompilesAgain) {
  const CompileRequest base = request_for(kCopy);
  compile(base);
  std::vector<CompileRequest> changed(6, base);
  changed[0].sources[0].content += "// a comment\n";
  changed[1].options = {"--use_fast_math"};
  changed[2].defines = {"A=1"};
  changed[3].name_expressions = {"copy"};
  changed[4].target = "compute_90";
  changed[5].sources.push_back({"unused.cuh", ""});
  for (const CompileRequest& request : changed) {
    EXPECT_FALSE(compile(request).from_cache);
    EXPECT_TRUE(compile(request).from_cache);
  }
}

TEST_F(CompilerTest, ADamagedEntryIsCompiledAgainAndRepaired) {
  const CompileResult first = compile(request_for(kCopy));
  ASSERT_EQ(entries().size(), 1u);
  const fs::path entry = entries().front();
  fs::resize_file(entry, fs::file_size(entry) / 2);
  const CompileResult second = compile(request_for(kCopy));
  EXPECT_FALSE(second.from_cache);
  EXPECT_EQ(second.code, first.code);
  EXPECT_TRUE(compile(request_for(kCopy)).from_cache);
}

TEST_F(CompilerTest, TwoAtOnceCompileOnlyOnce) {
  std::array<CompileResult, 2> results;
  std::thread other([&] { results[0] = compile(request_for(kCopy)); });
  results[1] = compile(request_for(kCopy));
  other.join();
  EXPECT_NE(results[0].from_cache, results[1].from_cache);
  EXPECT_EQ(results[0].code, results[1].code);
}

TEST_F(CompilerTest, TheCacheCanBeTurnedOff) {
  const testing::EnvironmentVariable off("FITEST_NO_CACHE", "1");
  EXPECT_FALSE(compile(request_for(kCopy)).from_cache);
  EXPECT_FALSE(compile(request_for(kCopy)).from_cache);
  EXPECT_TRUE(entries().empty());
}

TEST_F(CompilerTest, AMainFileThatIsNoSourceIsAnError) {
  CompileRequest request = request_for(kCopy);
  request.main_path = "main.cu";
  try {
    compile(request);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "main.cu is not among the Solution's sources");
  }
}

}  // namespace
}  // namespace fitest
