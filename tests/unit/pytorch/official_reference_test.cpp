// SPDX-License-Identifier: Apache-2.0
// Every official definition runs on the builtin engine, and agrees with PyTorch's golden outputs.
// FITEST_DUMP_OUTPUTS=<dir> writes the outputs for make_golden.py compare.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "generated_input.h"
#include "golden.h"
#include "pytorch/engine.h"
#include "schema/dataset.h"
#include "tensor/safetensors.h"

namespace fitest::pytorch {
namespace {

const std::string kWorkloads = FITEST_SOURCE_DIR "/tests/pytorch/official_workloads.json";
const std::string kGolden = FITEST_SOURCE_DIR "/tests/pytorch/golden/official.json";
const std::string kOfficial = FITEST_SHARED_DIR "/official";

const fitest::Value* find_workload(const fitest::Value& workloads, const std::string& name) {
  for (const fitest::Value& workload : workloads.array()) {
    if (matches_glob(workload.find("pattern")->string(), name)) return &workload;
  }
  return nullptr;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

SourcePtr reference_of(const Definition& definition, const fitest::Value& workload) {
  std::string text = definition.reference;
  if (const fitest::Value* replace = workload.find("replace")) {
    for (const fitest::Value& pair : replace->array()) {
      text = replace_all(text, pair.array()[0].string(), pair.array()[1].string());
    }
  }
  return make_source(definition.name + ": reference", text);
}

std::vector<NamedTensor> arguments_of(const Definition& definition, const fitest::Value& workload) {
  AxisValues axes;
  for (const Axis& axis : definition.axes) {
    if (axis.constant) axes[axis.name] = *axis.constant;
  }
  for (const auto& [axis, extent] : workload.find("axes")->object()) axes[axis] = extent.integer();
  const fitest::Value* inputs = workload.find("inputs");
  std::vector<NamedTensor> arguments;
  for (const TensorSpec& spec : definition.inputs) {
    const fitest::Value* given = inputs != nullptr ? inputs->find(spec.name) : nullptr;
    if (!spec.shape) {
      const double number = given->number();
      arguments.push_back({spec.name, scalar_tensor(spec.dtype, number), true, number});
    } else {
      arguments.push_back(
          {spec.name, make_input(given, spec.dtype, shape_of(spec, axes), arguments.size() + 1)});
    }
  }
  return arguments;
}

void dump(const std::string& name, const std::vector<Tensor>& outputs) {
  const char* folder = std::getenv("FITEST_DUMP_OUTPUTS");
  if (folder == nullptr) return;
  std::vector<std::pair<std::string, Tensor>> named;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    named.emplace_back(fmt::format("{}", i), outputs[i]);
  write_safetensors(std::filesystem::path(folder) / (replace_all(name, "/", "__") + ".safetensors"),
                    named);
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

class OfficialReferences : public testing::TestWithParam<const char*> {};

TEST_P(OfficialReferences, RunUnmodifiedAndAgreeWithPyTorch) {
  if (!std::filesystem::exists(kOfficial))
    GTEST_SKIP() << "no official dataset beside the checkout";
  const fitest::Value workloads = read_json_file(kWorkloads);
  const fitest::Value golden = read_json_file(kGolden);
  std::map<std::string, const fitest::Value*> expected;
  for (const fitest::Value& entry : golden.find("cases")->array()) {
    expected[entry.find("name")->string()] = entry.find("outputs");
  }
  const Dataset dataset = read_dataset(kOfficial);
  std::size_t ran = 0;
  for (const Definition& definition : dataset.definitions) {
    if (definition.op_type != GetParam()) continue;
    const std::string name = definition.op_type + "/" + definition.name;
    SCOPED_TRACE(name);
    const fitest::Value* workload = find_workload(workloads, name);
    ASSERT_NE(workload, nullptr) << "no workload";
    std::vector<Tensor> outputs;
    ASSERT_NO_THROW(
        try {
          outputs = run_reference(reference_of(definition, *workload),
                                  arguments_of(definition, *workload), Limits{});
        } catch (const Error& error) {
          ADD_FAILURE() << error.what();
          throw;
        });
    ++ran;
    dump(name, outputs);
    ASSERT_TRUE(expected.count(name) > 0) << "no golden; run make_golden.py official";
    const auto& golden_outputs = expected[name]->array();
    ASSERT_EQ(outputs.size(), golden_outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_EQ(
          compare_with_golden(outputs[i], golden_outputs[i], tolerance_of(outputs[i].dtype())), "")
          << "output " << i;
    }
  }
  EXPECT_GT(ran, 0U);
}

INSTANTIATE_TEST_SUITE_P(Families, OfficialReferences,
                         testing::Values("rmsnorm", "gemm", "rope", "gqa_paged", "gqa_ragged",
                                         "mla_paged", "mla_ragged", "dsa_paged", "gdn", "mamba_ssu",
                                         "moe", "sampling"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace fitest::pytorch
