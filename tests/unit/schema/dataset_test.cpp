// SPDX-License-Identifier: Apache-2.0
#include "schema/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "fixtures.h"
#include "schema/validate.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

// A definition of one input and one output, without name and op_type: the path has them.
const std::string kScale = R"(
axes:
  n: {type: var}
inputs:
  x: {shape: [n], dtype: float32}
outputs:
  y: {shape: [n], dtype: float32}
reference: |
  def run(x):
      return x
)";

class DatasetFolder : public ::testing::Test {
 protected:
  DatasetFolder()
      : root_(fs::path(::testing::TempDir()) / ("fitest_dataset_" + std::to_string(::getpid()))) {
    fs::create_directories(root_);
  }
  ~DatasetFolder() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& content) {
    write_file_atomically(root_ / path, content);
  }
  void write_solution(const std::string& author, const std::string& name) {
    const std::string folder = "solutions/" + author + "/scale/scale/" + name + "/";
    write(folder + "kernel.cu", "extern \"C\" __global__ void scale() {}\n");
    write(folder + "solution.yaml",
          "spec:\n  language: cuda\n  binding: nvrtc\n  entry_point: kernel.cu::scale\n"
          "  target_hardware: [cpu]\n"
          "  launch: {kernels: [{name: scale, grid: [1], block: [32]}]}\nsources: [kernel.cu]\n");
  }
  std::string official_row(const std::string& uuid) {
    return R"({"definition": "scale", "solution": null, "workload": {"uuid": ")" + uuid +
           R"(", "axes": {"n": 4}, "inputs": {"x": {"type": "random"}}}, "evaluation": null})"
           "\n";
  }

  const fs::path root_;
};

TEST_F(DatasetFolder, AuthoringFormTakesItsNamesFromThePaths) {
  write("definitions/scale/scale.yaml", kScale);
  write("workloads/scale/scale.yaml", "- {uuid: u-1, axes: {n: 3}}\n- {uuid: u-2, axes: {n: 5}}\n");
  write_solution("me", "fast");
  const Dataset dataset = read_dataset(root_);
  EXPECT_EQ(dataset.diagnostics.render_all(), "");
  ASSERT_EQ(dataset.definitions.size(), 1u);
  EXPECT_EQ(dataset.definitions[0].name, "scale");
  EXPECT_EQ(dataset.definitions[0].op_type, "scale");
  ASSERT_EQ(dataset.workloads.size(), 2u);
  EXPECT_EQ(dataset.workloads[1].definition, "scale");
  EXPECT_EQ(dataset.workloads[1].find_input("x")->kind, InputKind::Random);
  ASSERT_EQ(dataset.solutions.size(), 1u);
  EXPECT_EQ(dataset.solutions[0].name, "fast");
  EXPECT_EQ(dataset.solutions[0].author, "me");
  EXPECT_EQ(dataset.solutions[0].definition, "scale");
}

TEST_F(DatasetFolder, DocumentsAreKeptAsTheyWereRead) {
  write("definitions/scale/scale.yaml", kScale);
  const Dataset dataset = read_dataset(root_);
  EXPECT_EQ(dataset.definitions.at(0).document, yaml(kScale));
}

TEST_F(DatasetFolder, FormsMix) {
  write("definitions/scale/scale.yaml", kScale);
  write("workloads/scale/scale.jsonl", official_row("u-2") + official_row("u-1"));
  write("workloads/scale/scale.yaml", "workloads:\n- {uuid: u-3, axes: {n: 3}}\n");
  write_solution("me", "b");
  write("solutions/you/scale/scale/a.json",
        R"({"name": "a", "definition": "scale", "author": "you", "spec": {"language": "python",)"
        R"( "entry_point": "m.py::run", "target_hardware": ["cpu"]}, "sources": [{"path": "m.py",)"
        R"( "content": "def run(x, y): pass"}]})");
  const Dataset dataset = read_dataset(root_);
  EXPECT_EQ(dataset.diagnostics.render_all(), "");
  std::vector<std::string> uuids;
  for (const Workload& workload : dataset.workloads) uuids.push_back(workload.uuid);
  EXPECT_THAT(uuids, ElementsAre("u-2", "u-1", "u-3"));
  ASSERT_EQ(dataset.solutions.size(), 2u);
  EXPECT_EQ(dataset.solutions[0].name, "a");
  EXPECT_EQ(dataset.solutions[1].name, "b");
}

TEST_F(DatasetFolder, DefinitionsAreSortedByNameAcrossFolders) {
  write("definitions/z/a.yaml", kScale);
  write("definitions/a/z.yaml", kScale);
  write("definitions/m/m.yaml", kScale);
  const Dataset dataset = read_dataset(root_);
  std::vector<std::string> names;
  for (const Definition& definition : dataset.definitions) names.push_back(definition.name);
  EXPECT_THAT(names, ElementsAre("a", "m", "z"));
  EXPECT_EQ(dataset.find_definition("m")->op_type, "m");
  EXPECT_EQ(dataset.find_definition("b"), nullptr);
}

TEST_F(DatasetFolder, FilterOpensNoFileOfOtherDefinitions) {
  write("definitions/scale/scale.yaml", kScale);
  write("definitions/scale/broken.json", "{");
  write("workloads/scale/scale.yaml", "- {uuid: u-1, axes: {n: 3}}\n");
  write("workloads/scale/broken.jsonl", "{");
  write("solutions/me/scale/broken/x.json", "{");
  write_solution("me", "fast");
  const Dataset dataset =
      read_dataset(root_, {[](const std::string& name) { return name == "scale"; }});
  EXPECT_EQ(dataset.diagnostics.render_all(), "");
  EXPECT_EQ(dataset.definitions.size(), 1u);
  EXPECT_EQ(dataset.workloads.size(), 1u);
  EXPECT_EQ(dataset.solutions.size(), 1u);
}

TEST_F(DatasetFolder, BrokenFileDoesNotStopTheOthers) {
  write("definitions/scale/scale.yaml", kScale);
  write("definitions/scale/broken.json", "{\"name\": \"broken\",\n \"op_type\" \"scale\"}");
  write("workloads/scale/scale.jsonl", official_row("u-1") + "{]\n" + official_row("u-2"));
  write_solution("me", "fast");
  write("solutions/me/scale/scale/worse.json", "[]");
  const Dataset dataset = read_dataset(root_);
  EXPECT_EQ(dataset.definitions.size(), 1u);
  EXPECT_EQ(dataset.workloads.size(), 2u);
  EXPECT_EQ(dataset.solutions.size(), 1u);
  EXPECT_EQ(dataset.diagnostics.error_count(), 3u);
  EXPECT_THAT(dataset.diagnostics.render_all(), HasSubstr("broken.json:2:12: error:"));
  EXPECT_THAT(dataset.diagnostics.render_all(), HasSubstr("scale.jsonl:2:2: error:"));
}

TEST_F(DatasetFolder, OtherFilesAndHiddenOnesAreLeftAlone) {
  write("definitions/scale/scale.yaml", kScale);
  write("definitions/scale/README.md", "# not a definition\n");
  write("definitions/scale/.scale.yaml.swp", "x");
  write("definitions/README.md", "x");
  write("workloads/scale/notes.txt", "x");
  EXPECT_EQ(read_dataset(root_).diagnostics.render_all(), "");
}

TEST_F(DatasetFolder, MissingFoldersAreAnEmptyDataset) {
  const Dataset dataset = read_dataset(root_);
  EXPECT_TRUE(dataset.definitions.empty());
  EXPECT_EQ(dataset.diagnostics.render_all(), "");
}

TEST_F(DatasetFolder, MissingRootIsAnErrorThatNamesIt) {
  try {
    read_dataset(root_ / "none");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Environment);
    EXPECT_EQ(error.what(),
              "the dataset " + (root_ / "none").string() + " does not exist or is no folder");
  }
}

TEST_F(DatasetFolder, BlobOutsideTheDatasetIsAnError) {
  write("definitions/scale/scale.yaml", kScale);
  write("workloads/scale/scale.yaml",
        "- {uuid: u-1, axes: {n: 3}, inputs: {x: {type: safetensors, path: blob/x, tensor_key: "
        "x}}}\n");
  fs::create_directory_symlink("/etc", root_ / "blob");
  const Dataset dataset = read_dataset(root_);
  EXPECT_EQ(dataset.diagnostics.error_count(), 1u);
  EXPECT_THAT(dataset.diagnostics.render_all(), HasSubstr("by a symbolic link, to /etc/x"));
}

TEST_F(DatasetFolder, BlobThatIsThereIsSilent) {
  write("definitions/scale/scale.yaml", kScale);
  write("workloads/scale/scale.yaml",
        "- {uuid: u-1, axes: {n: 3}, inputs: {x: {type: safetensors, path: ./blob/x, tensor_key: "
        "x}}}\n");
  write("blob/x", "");
  EXPECT_EQ(read_dataset(root_).diagnostics.render_all(), "");
}

TEST_F(DatasetFolder, ValidationCounts) {
  write("definitions/scale/scale.yaml", kScale);
  write("workloads/scale/scale.yaml",
        "- {uuid: u-1, axes: {n: 3}, inputs: {x: {type: safetensors, path: b, tensor_key: x}}}\n");
  write_solution("me", "fast");
  const ValidationSummary summary = summarize(read_dataset(root_));
  EXPECT_EQ(summary.definitions, 1u);
  EXPECT_EQ(summary.workloads, 1u);
  EXPECT_EQ(summary.solutions, 1u);
  EXPECT_EQ(summary.warnings, 1u);
  EXPECT_EQ(summary.errors, 0u);
  EXPECT_THAT(summary_line(summary), ::testing::EndsWith("1 workload, 0 errors"));
}

std::string refusal(const fs::path& root, const std::string& path) {
  try {
    resolve_inside(root, path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    return error.what();
  }
  return "";
}

TEST_F(DatasetFolder, ResolveInsideAllowsWhatStaysInside) {
  write("a/b", "");
  fs::create_symlink(root_ / "a", root_ / "link");
  EXPECT_EQ(resolve_inside(root_, "a/b"), root_ / "a/b");
  EXPECT_EQ(resolve_inside(root_, "./a/./b"), root_ / "a/b");
  EXPECT_EQ(resolve_inside(root_, "a/../a/b"), root_ / "a/b");
  EXPECT_EQ(resolve_inside(root_, "none/yet"), root_ / "none/yet");
  EXPECT_EQ(resolve_inside(root_, "link/b"), root_ / "link/b");
}

TEST_F(DatasetFolder, ResolveInsideRefusesWhatLeaves) {
  fs::create_directory_symlink("/etc", root_ / "out");
  fs::create_symlink("/etc/hostname", root_ / "file");
  EXPECT_THAT(refusal(root_, "/etc/hostname"), HasSubstr("must be relative to"));
  EXPECT_THAT(refusal(root_, ""), HasSubstr("must be relative to"));
  EXPECT_THAT(refusal(root_, "../x"), HasSubstr("leaves"));
  EXPECT_THAT(refusal(root_, "a/../../x"), HasSubstr("leaves"));
  EXPECT_THAT(refusal(root_, "out/hostname"), HasSubstr("by a symbolic link, to /etc/hostname"));
  EXPECT_THAT(refusal(root_, "file"), HasSubstr("by a symbolic link"));
  EXPECT_THAT(refusal(root_, "out/none"), HasSubstr("by a symbolic link"));
}

TEST_F(DatasetFolder, ResolveInsideIsNotFooledByACommonPrefix) {
  fs::create_directories(root_ / "data");
  fs::create_directories(root_ / "data2");
  fs::create_directory_symlink(root_ / "data2", root_ / "data/link");
  EXPECT_THAT(refusal(root_ / "data", "link/x"), HasSubstr("by a symbolic link"));
}

}  // namespace
}  // namespace fitest
