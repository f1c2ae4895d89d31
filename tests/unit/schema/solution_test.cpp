// SPDX-License-Identifier: Apache-2.0
#include "schema/solution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "fixtures.h"
#include "schema/launch_plan.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kOfficial = R"(
name: triton_v1
definition: attention_h8
author: someone
description: Official form.
spec:
  language: triton
  target_hardware: [NVIDIA_H100, NVIDIA_B200]
  entry_point: main.py::run
  dependencies: [triton]
  destination_passing_style: false
sources:
  - {path: main.py, content: "def run(): pass"}
)";

const std::string kPlanned = R"yaml(
name: split
definition: attention_h8
author: fitest
spec:
  language: cuda
  binding: nvrtc
  target_hardware: [cpu]
  entry_point: kernel.cu::attention
  compile_options: [--use_fast_math]
  launch:
    let: {splits: "ceil_div(num_indices, 256)",
                  threads : 128
}
    defines: {HEADS: heads, FAST: true}
    workspace:
      partial: {shape: [batch_size, splits], dtype: float32, fill: zero}
      flags: {shape: [1], dtype: uint8}
    kernels:
      - name: "attention<{threads}, {splits * 2}>"
        grid: [batch_size, heads, splits]
        block: [threads]
        cluster: [1, 1, 2]
        cooperative: true
        shared_memory: 2 * 64 * heads
        arguments: [q, {int32: splits}, {float32: "scale * 2"}]
      - {name: merge, grid: splits, block: 32}
sources: [kernel.cu, common.cuh]
)yaml";

class SolutionFolder : public ::testing::Test {
 protected:
  SolutionFolder()
      : folder_(fs::path(::testing::TempDir()) /
                ("fitest_solution_" + std::to_string(::getpid()))) {
    write_file_atomically(folder_ / "kernel.cu", "#include \"common.cuh\"\n");
    write_file_atomically(folder_ / "common.cuh", "int x;\n");
  }
  ~SolutionFolder() override { fs::remove_all(folder_); }

  std::optional<Solution> read(const std::string& text) {
    return read_solution(yaml(text), folder_.string(), diagnostics_);
  }

  fs::path folder_;
  Diagnostics diagnostics_;
};

TEST_F(SolutionFolder, ReadsTheOfficialForm) {
  const auto solution = read(kOfficial);
  ASSERT_TRUE(solution) << diagnostics_.render_all();
  EXPECT_EQ(diagnostics_.render_all(), "");
  EXPECT_EQ(solution->name, "triton_v1");
  EXPECT_EQ(solution->definition, "attention_h8");
  EXPECT_EQ(solution->author, "someone");
  EXPECT_EQ(solution->language, "triton");
  EXPECT_EQ(solution->binding, "");
  EXPECT_EQ(solution->entry_file, "main.py");
  EXPECT_EQ(solution->entry_symbol, "run");
  EXPECT_THAT(solution->target_hardware, ElementsAre("NVIDIA_H100", "NVIDIA_B200"));
  EXPECT_THAT(solution->dependencies, ElementsAre("triton"));
  EXPECT_FALSE(solution->destination_passing_style);
  ASSERT_EQ(solution->sources.size(), 1u);
  EXPECT_EQ(solution->sources[0].content, "def run(): pass");
  EXPECT_FALSE(solution->launch);
}

TEST_F(SolutionFolder, SourcesWithoutContentAreFilesOfTheFolder) {
  const auto solution = read(kPlanned);
  ASSERT_TRUE(solution) << diagnostics_.render_all();
  ASSERT_EQ(solution->sources.size(), 2u);
  EXPECT_EQ(solution->sources[0].path, "kernel.cu");
  EXPECT_EQ(solution->sources[1].content, "int x;\n");
  EXPECT_TRUE(solution->destination_passing_style);
}

TEST_F(SolutionFolder, ReadsTheLaunchPlan) {
  const auto solution = read(kPlanned);
  ASSERT_TRUE(solution) << diagnostics_.render_all();
  const LaunchPlan& plan = *solution->launch;
  ASSERT_EQ(plan.let.size(), 2u);
  EXPECT_EQ(plan.let[0].first, "splits");
  EXPECT_EQ(plan.let[0].second.text, "ceil_div(num_indices, 256)");
  EXPECT_EQ(plan.let[1].second.text, "128");
  EXPECT_EQ(plan.defines[1].second.text, "True");
  ASSERT_EQ(plan.workspace.size(), 2u);
  EXPECT_EQ(plan.workspace[0].fill, "zero");
  EXPECT_EQ(plan.workspace[1].dtype, DType::UInt8);
  EXPECT_EQ(plan.workspace[1].fill, "none");
  ASSERT_EQ(plan.kernels.size(), 2u);
  const KernelSpec& kernel = plan.kernels[0];
  EXPECT_EQ(kernel.name.text, "attention<{threads}, {splits * 2}>");
  EXPECT_EQ(kernel.grid[2].text, "splits");
  EXPECT_EQ(kernel.cluster.size(), 3u);
  EXPECT_TRUE(kernel.cooperative);
  EXPECT_FALSE(plan.kernels[1].cooperative);
  EXPECT_EQ(kernel.shared_memory->text, "2 * 64 * heads");
  ASSERT_EQ(kernel.arguments->size(), 3u);
  EXPECT_EQ((*kernel.arguments)[0].name, "q");
  EXPECT_EQ((*kernel.arguments)[1].cast, DType::Int32);
  EXPECT_EQ((*kernel.arguments)[2].expression.text, "scale * 2");
  EXPECT_EQ(plan.kernels[1].grid.size(), 1u);
  EXPECT_FALSE(plan.kernels[1].arguments);
}

TEST_F(SolutionFolder, ReadsTensorMapsOfTheLaunchPlan) {
  std::string text = kPlanned;
  const std::string plain = "arguments: [q, {int32: splits}, {float32: \"scale * 2\"}]";
  text.replace(text.find(plain), plain.size(),
               "arguments: [{tensor_map: q, box: [64, threads // 2], swizzle: 128B, fill: nan}]");
  const auto solution = read(text);
  ASSERT_TRUE(solution) << diagnostics_.render_all();
  const auto& map = solution->launch->kernels[0].arguments->at(0).tensor_map;
  ASSERT_TRUE(map);
  EXPECT_EQ(map->tensor.text, "q");
  EXPECT_EQ(map->box.at(1).text, "threads // 2");
  EXPECT_TRUE(map->shape.empty());
  EXPECT_EQ(map->swizzle, 3);
  EXPECT_EQ(map->fill, 1);
  EXPECT_EQ(map->interleave, 0);
}

TEST_F(SolutionFolder, SourceThatIsALinkOutOfTheFolderIsRefused) {
  fs::remove(folder_ / "common.cuh");
  fs::create_symlink("/etc/hostname", folder_ / "common.cuh");
  EXPECT_FALSE(read(kPlanned));
  EXPECT_THAT(diagnostics_.render_all(), HasSubstr("by a symbolic link, to /etc/hostname"));
}

TEST_F(SolutionFolder, SourceThatIsMissingOrEmptyIsAnErrorAtItsLine) {
  fs::remove(folder_ / "common.cuh");
  write_file_atomically(folder_ / "kernel.cu", "");
  EXPECT_FALSE(read(kPlanned));
  EXPECT_THAT(diagnostics_.render_all(),
              HasSubstr("test.yaml:28:11: error: the source \"kernel.cu\" "
                        "is empty"));
  EXPECT_THAT(diagnostics_.render_all(), HasSubstr("common.cuh: No such file or directory"));
}

TEST(SplitPlaceholders, AlternatesTextAndExpressions) {
  EXPECT_THAT(*split_placeholders("a<{n}, {m + 1}>"), ElementsAre("a<", "n", ", ", "m + 1", ">"));
  EXPECT_THAT(*split_placeholders("plain"), ElementsAre("plain"));
  EXPECT_THAT(*split_placeholders("{n}"), ElementsAre("", "n", ""));
  EXPECT_FALSE(split_placeholders("a{n"));
  EXPECT_FALSE(split_placeholders("a}n{"));
  EXPECT_FALSE(split_placeholders("a{{n}}"));
}

}  // namespace
}  // namespace fitest
