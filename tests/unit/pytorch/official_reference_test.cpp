// SPDX-License-Identifier: Apache-2.0
// Every official definition runs on the builtin engine, and agrees with PyTorch's golden outputs.
// FITEST_DUMP_OUTPUTS=<dir> writes the outputs for precision_table.py.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <tuple>

#include "base/text.h"
#include "golden.h"
#include "official_case.h"
#include "pytorch/engine.h"
#include "schema/constraints.h"
#include "schema/dataset.h"
#include "tensor/safetensors.h"

namespace fitest::pytorch {
namespace {

const std::string kOfficial = FITEST_SHARED_DIR "/official";

const fitest::Value* find_workload(const fitest::Value& workloads, const std::string& name) {
  for (const fitest::Value& workload : workloads.array()) {
    if (matches_glob(workload.find("pattern")->string(), name)) return &workload;
  }
  return nullptr;
}

void dump(const std::string& name, const std::vector<Tensor>& outputs) {
  const char* folder = std::getenv("FITEST_DUMP_OUTPUTS");
  if (folder == nullptr) return;
  std::vector<std::pair<std::string, Tensor>> named;
  for (const Tensor& output : outputs) named.emplace_back(fmt::format("{}", named.size()), output);
  std::string file = name + ".safetensors";
  file.replace(file.find('/'), 1, "__");
  write_safetensors(std::filesystem::path(folder) / file, named);
}

// Half types may differ by one unit in the last place where sums are made in another order.
Tolerance tolerance_of(DType dtype) {
  switch (dtype) {
    case DType::BFloat16:
      return {0x1p-7, 2e-3};
    case DType::Float16:
      return {0x1p-10, 1e-3};
    case DType::Float32:
      return {2e-5, 2e-5};
    default:
      return {};
  }
}

// Of the Definition, with the values of the workload's inputs.
std::string broken_constraints(const Definition& definition, const fitest::Value& row,
                               const std::vector<NamedTensor>& arguments) {
  Workload workload;
  workload.definition = definition.name;
  workload.source = definition.source;
  for (const Axis& axis : definition.axes) {
    const fitest::Value* extent = row.find("axes")->find(axis.name);
    if (!axis.constant && extent != nullptr) workload.axes[axis.name] = extent->integer();
  }
  const ElementFunction element = [&](const std::string& input,
                                      std::int64_t index) -> std::optional<std::int64_t> {
    for (const NamedTensor& argument : arguments) {
      if (argument.name != input) continue;
      const auto at =
          index < 0 ? index + static_cast<std::int64_t>(argument.tensor.count()) : index;
      if (argument.tensor.dtype() == DType::Int32) return argument.tensor.as<std::int32_t>()[at];
      if (argument.tensor.dtype() == DType::Int64) return argument.tensor.as<std::int64_t>()[at];
    }
    return std::nullopt;
  };
  Diagnostics diagnostics;
  check_constraints(definition, workload, element, diagnostics);
  return diagnostics.render_all();
}

// A file of workloads, one for every definition, and the golden outputs of them.
struct Set {
  const char* name;
  std::string workloads;
  std::string golden;
};
const Set kSets[] = {
    {"usual", FITEST_SOURCE_DIR "/tests/pytorch/official_workloads.json",
     FITEST_SOURCE_DIR "/tests/pytorch/golden/official.json"},
    // Rows that are empty or have one element, one token, padding alone, experts of another rank.
    {"edges", FITEST_SOURCE_DIR "/tests/pytorch/official_edges.json",
     FITEST_SOURCE_DIR "/tests/pytorch/golden/official_edges.json"},
};

constexpr const char* kFamilies[] = {"rmsnorm",    "gemm",      "rope",       "gqa_paged",
                                     "gqa_ragged", "mla_paged", "mla_ragged", "dsa_paged",
                                     "gdn",        "mamba_ssu", "moe",        "sampling"};

using Outputs = std::map<std::string, const fitest::Value*>;

Outputs outputs_of(const fitest::Value& golden) {
  Outputs expected;
  for (const fitest::Value& entry : golden.find("cases")->array()) {
    expected[entry.find("name")->string()] = entry.find("outputs");
  }
  return expected;
}

void run_and_compare(const Definition& definition, const fitest::Value& workload,
                     const Outputs& expected) {
  const std::string name = definition.op_type + "/" + definition.name;
  const std::vector<NamedTensor> arguments = arguments_of(definition, workload);
  EXPECT_EQ(broken_constraints(definition, workload, arguments), "");
  std::vector<Tensor> outputs;
  try {
    outputs = run_reference(reference_of(definition, workload), arguments, Limits{});
  } catch (const Error& error) {
    FAIL() << error.what();
  }
  dump(name, outputs);
  ASSERT_TRUE(expected.count(name) > 0) << "no golden; run make_golden.py";
  const auto& golden_outputs = expected.at(name)->array();
  ASSERT_EQ(outputs.size(), golden_outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ(compare_with_golden(outputs[i], golden_outputs[i], tolerance_of(outputs[i].dtype())),
              "")
        << "output " << i;
  }
}

class OfficialReferences : public testing::TestWithParam<std::tuple<const char*, Set>> {};

TEST_P(OfficialReferences, RunUnmodifiedAndAgreeWithPyTorch) {
  if (!std::filesystem::exists(kOfficial)) {
    GTEST_SKIP() << "no official dataset beside the checkout";
  }
  const auto& [family, set] = GetParam();
  const fitest::Value workloads = read_json_file(set.workloads);
  const fitest::Value golden = read_json_file(set.golden);
  const Outputs expected = outputs_of(golden);
  const Dataset dataset = read_dataset(kOfficial);
  std::size_t ran = 0;
  for (const Definition& definition : dataset.definitions) {
    if (definition.op_type != family) continue;
    const std::string name = definition.op_type + "/" + definition.name;
    SCOPED_TRACE(name);
    const fitest::Value* workload = find_workload(workloads, name);
    ASSERT_NE(workload, nullptr) << "no workload";
    run_and_compare(definition, *workload, expected);
    ++ran;
  }
  EXPECT_GT(ran, 0U);
}

TEST(OfficialFamilies, CoverEveryOfficialDefinition) {
  if (!std::filesystem::exists(kOfficial)) {
    GTEST_SKIP() << "no official dataset beside the checkout";
  }
  const Dataset dataset = read_dataset(kOfficial);
  EXPECT_GE(dataset.definitions.size(), 156U);
  for (const Definition& definition : dataset.definitions) {
    EXPECT_TRUE(std::find(std::begin(kFamilies), std::end(kFamilies), definition.op_type) !=
                std::end(kFamilies))
        << definition.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, OfficialReferences,
                         testing::Combine(testing::ValuesIn(kFamilies), testing::ValuesIn(kSets)),
                         [](const auto& test) {
                           return fmt::format("{}_{}", std::get<0>(test.param),
                                              std::get<1>(test.param).name);
                         });

}  // namespace
}  // namespace fitest::pytorch
