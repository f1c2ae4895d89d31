// SPDX-License-Identifier: Apache-2.0
// Every case of tests/pytorch/operator_cases.json agrees with what PyTorch answered.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "generated_input.h"
#include "golden.h"
#include "pytorch/engine.h"
#include "pytorch/operator.h"

namespace fitest::pytorch {
namespace {

const std::string kCases = FITEST_SOURCE_DIR "/tests/pytorch/operator_cases.json";
const std::string kGolden = FITEST_SOURCE_DIR "/tests/pytorch/golden/operators.json";

std::map<std::string, Tensor> make_pool(const fitest::Value& specs) {
  std::map<std::string, Tensor> pool;
  for (const auto& [name, spec] : specs.object()) {
    Shape shape;
    for (const fitest::Value& extent : spec.find("shape")->array()) {
      shape.push_back(extent.integer());
    }
    const DType dtype = *dtype_from_name(spec.find("dtype")->string());
    pool[name] = make_input(spec.find("make"), dtype, shape, pool.size() + 1);
  }
  return pool;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& word : split(text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::string source_of(const std::string& code, std::size_t arguments) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < arguments; ++i) names.emplace_back(1, static_cast<char>('a' + i));
  std::string text = "import torch\nimport math\nimport torch.nn.functional as F\n\ndef run(" +
                     join(names, ", ") + "):\n";
  for (const std::string& line : split(code, '\n')) text += "    " + line + "\n";
  return text;
}

Tolerance tolerance_of(const std::string& kind, DType dtype) {
  if (kind == "exact") return {};
  switch (dtype) {
    case DType::Float64:
      return {1e-12, 1e-12};
    case DType::Float32:
      return {2e-6, 1e-6};
    case DType::Float16:
      return {0x1p-10, 0x1p-14};
    case DType::BFloat16:
      return {0x1p-7, 0x1p-14};
    default:
      return {};
  }
}

std::string check(const fitest::Value& test, const std::vector<NamedTensor>& arguments,
                  const fitest::Value& expected) {
  const std::string& code = test.find("code")->string();
  std::vector<Tensor> outputs;
  std::string error;
  try {
    outputs = run_reference(make_source("case", source_of(code, arguments.size())), arguments, {});
  } catch (const Error& caught) {
    error = caught.what();
  }
  const fitest::Value* golden = expected.find("outputs");
  if (golden == nullptr) {
    return error.empty() ? "no error where PyTorch has " + expected.find("error")->string() : "";
  }
  if (!error.empty()) return error;
  if (outputs.size() != golden->array().size()) {
    return fmt::format("{} outputs for {}", outputs.size(), golden->array().size());
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tolerance tolerance = tolerance_of(test.find("tolerance")->string(), outputs[i].dtype());
    const std::string problem = compare_with_golden(outputs[i], golden->array()[i], tolerance);
    if (!problem.empty()) return fmt::format("output {}: {}", i, problem);
  }
  return "";
}

TEST(Operators, AgreeWithPyTorch) {
  const fitest::Value document = read_json_file(kCases);
  const fitest::Value golden = read_json_file(kGolden);
  std::map<std::string, const fitest::Value*> expected;
  for (const fitest::Value& entry : golden.find("cases")->array()) {
    expected[entry.find("name")->string()] = &entry;
  }
  const auto pool = make_pool(*document.find("inputs"));
  std::size_t count = 0;
  for (const fitest::Value& test : document.find("cases")->array()) {
    const std::string& code = test.find("code")->string();
    for (const fitest::Value& dtype : test.find("dtypes")->array()) {
      const std::string name =
          fmt::format("{} [{}: {}]", code, dtype.string(), test.find("args")->string());
      std::vector<NamedTensor> arguments;
      for (const std::string& word : words_of(test.find("args")->string())) {
        const std::string input = word[0] == '=' ? word.substr(1) : dtype.string() + "_" + word;
        arguments.push_back(
            {std::string(1, static_cast<char>('a' + arguments.size())), pool.at(input)});
      }
      ASSERT_TRUE(expected.count(name) > 0) << name << ": run make_golden.py operators";
      EXPECT_EQ(check(test, arguments, *expected[name]), "") << name;
      ++count;
    }
  }
  EXPECT_GT(count, 800U);
}

// "clamp" of "clamp_", whose case may spell either.
std::string base_name(std::string name) {
  if (name.ends_with('_')) name.pop_back();
  return name;
}

TEST(Operators, EachHasACase) {
  std::set<std::string> called;
  const std::regex call("([A-Za-z_0-9]+)\\(");
  const fitest::Value document = read_json_file(kCases);
  for (const fitest::Value& test : document.find("cases")->array()) {
    const std::string& code = test.find("code")->string();
    for (std::sregex_iterator at(code.begin(), code.end(), call), end; at != end; ++at) {
      called.insert(base_name((*at)[1]));
    }
  }
  // PyTorch on a machine without CUDA, where the golden results come from, refuses it.
  called.insert("cuda");
  for (const OperatorSpace space :
       {OperatorSpace::Torch, OperatorSpace::Method, OperatorSpace::Functional,
        OperatorSpace::Special, OperatorSpace::Linalg}) {
    for (const std::string& name : operator_names(space)) {
      EXPECT_TRUE(called.count(base_name(name)) > 0)
          << name << " is in no case of operator_cases.json";
    }
  }
}

}  // namespace
}  // namespace fitest::pytorch
