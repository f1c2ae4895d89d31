// SPDX-License-Identifier: Apache-2.0
// Every variant of tests/pytorch/operator_cases.json agrees with what PyTorch answered on a CPU and
// on CUDA, as nearly as the operator table says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>
#include <set>

#include "agreement.h"
#include "base/error.h"
#include "base/text.h"
#include "generated_input.h"
#include "golden.h"
#include "pytorch/engine.h"

namespace fitest::pytorch {
namespace {

const std::string kCases = FITEST_SOURCE_DIR "/tests/pytorch/operator_cases.json";
const std::string kGolden = FITEST_SOURCE_DIR "/tests/pytorch/golden/operators.json";

using Pool = std::map<std::string, Tensor>;
using Outputs = std::vector<Tensor>;

Pool make_pool(const fitest::Value& specs) {
  Pool pool;
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

// What operator_suite.py puts before the code so that its argument has another layout.
std::string prelude_of(const std::string& layout, const std::string& x) {
  if (layout == "transposed") {
    return fmt::format("    {0} = {0}.mT.contiguous().mT if {0}.dim() > 1 else {0}\n", x);
  }
  if (layout == "strided") {
    return fmt::format(
        "    {0} = torch.stack([{0}, {0}], -1).flatten(-2)[..., 1::2] if {0}.dim() > 0 else {0}\n",
        x);
  }
  return "";
}

std::string source_of(const std::string& code, const std::string& layout, std::size_t arguments) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < arguments; ++i) names.emplace_back(1, static_cast<char>('a' + i));
  std::string text = "import torch\nimport math\nimport torch.nn.functional as F\n\ndef run(" +
                     join(names, ", ") + "):\n";
  for (const std::string& name : names) text += prelude_of(layout, name);
  for (const std::string& line : split(code, '\n')) text += "    " + line + "\n";
  return text;
}

// A row of the golden file.
struct Variant {
  std::string dtype;
  std::string shapes;
  std::string layout;
  const fitest::Value& cpu;
  const fitest::Value& cuda;

  explicit Variant(const fitest::Value& row)
      : dtype(row.array()[0].string()),
        shapes(row.array()[1].string()),
        layout(row.array()[2].string()),
        cpu(row.array()[3]),
        cuda(row.array()[4]) {}
  std::string name() const { return fmt::format("{} {} {}", dtype, shapes, layout); }
};

class CaseCheck {
 public:
  CaseCheck(const fitest::Value& golden, const Pool& pool)
      : code_(golden.find("code")->string()),
        words_(words_of(golden.find("args")->string())),
        agreement_(agreement_of(code_)),
        pool_(pool) {}

  // Empty, or what is wrong. Variants come in the file's order: dense before other layouts.
  std::string check(const Variant& variant) {
    std::string error;
    const Outputs actual = run(variant, error);
    if (is_error(variant.cpu)) {
      return error.empty() ? "no error where PyTorch has " + variant.cpu.string() : "";
    }
    if (!error.empty()) return error;
    const Outputs cpu = unpack(variant.cpu, dense_cpu_[key(variant)]);
    if (variant.layout == "dense") dense_cpu_[key(variant)] = cpu;
    std::string problem = differs(actual, cpu);
    if (variant.cuda.is_null()) return problem;
    const bool as_cpu = variant.cuda.is_string() && variant.cuda.string() == "cpu";
    const Outputs cuda = as_cpu ? cpu : unpack(variant.cuda, dense_cuda_[key(variant)]);
    if (variant.layout == "dense") dense_cuda_[key(variant)] = cuda;
    const std::string other_problem = differs(actual, cuda);
    if (problem.empty() && other_problem.empty()) return "";
    // Where PyTorch does not agree with itself, one of its answers is enough.
    const bool contradicts = !differs(cuda, cpu).empty();
    cuda_differs_ += contradicts ? 1 : 0;
    if (contradicts && (problem.empty() || other_problem.empty())) return "";
    return problem.empty() ? "on CUDA: " + other_problem : problem;
  }
  std::size_t cuda_differs() const { return cuda_differs_; }

 private:
  static std::string key(const Variant& variant) { return variant.dtype + " " + variant.shapes; }
  static bool is_error(const fitest::Value& answer) {
    return answer.is_string() && answer.string() != "=";
  }

  static Outputs unpack(const fitest::Value& answer, const Outputs& dense) {
    if (answer.is_string()) return dense;
    Outputs outputs;
    for (const fitest::Value& packed : answer.array()) outputs.push_back(unpack_tensor(packed));
    return outputs;
  }

  std::string differs(const Outputs& actual, const Outputs& expected) const {
    if (actual.size() != expected.size()) {
      return fmt::format("{} outputs for {}", actual.size(), expected.size());
    }
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const std::string problem = disagreement(actual[i], expected[i], agreement_);
      if (!problem.empty()) return fmt::format("output {}: {}", i, problem);
    }
    return "";
  }

  Outputs run(const Variant& variant, std::string& error) const {
    std::vector<NamedTensor> arguments;
    for (const std::string& word : words_) {
      const std::string plain = word[0] == '=' ? word.substr(1) : variant.dtype + "_" + word;
      const std::string name = variant.shapes == "base" ? plain : variant.shapes + ":" + plain;
      arguments.push_back(
          {std::string(1, static_cast<char>('a' + arguments.size())), pool_.at(name).clone()});
    }
    try {
      return run_reference(make_source("case", source_of(code_, variant.layout, arguments.size())),
                           arguments, {});
    } catch (const Error& caught) {
      error = caught.what();
      return {};
    }
  }

  std::string code_;
  std::vector<std::string> words_;
  Agreement agreement_;
  const Pool& pool_;
  std::map<std::string, Outputs> dense_cpu_;
  std::map<std::string, Outputs> dense_cuda_;
  std::size_t cuda_differs_ = 0;
};

TEST(Operators, AgreeWithPyTorch) {
  const fitest::Value document = read_json_file(kCases);
  const fitest::Value golden = read_json_file(kGolden);
  const Pool pool = make_pool(*document.find("inputs"));
  std::size_t count = 0;
  std::size_t cuda_differs = 0;
  for (const fitest::Value& test : golden.find("cases")->array()) {
    CaseCheck check(test, pool);
    for (const fitest::Value& row : test.find("variants")->array()) {
      const Variant variant(row);
      EXPECT_EQ(check.check(variant), "")
          << test.find("code")->string() << " [" << variant.name() << "]";
      ++count;
    }
    cuda_differs += check.cuda_differs();
  }
  EXPECT_GT(count, 5000U);
  RecordProperty("variants", static_cast<int>(count));
  RecordProperty("cuda_differs_from_cpu", static_cast<int>(cuda_differs));
}

TEST(Operators, EachCaseHasGoldenResults) {
  const fitest::Value golden = read_json_file(kGolden);
  std::set<std::string> known;
  for (const fitest::Value& test : golden.find("cases")->array()) {
    if (test.find("variants")->array().empty()) continue;
    known.insert(test.find("code")->string() + test.find("args")->string());
  }
  const fitest::Value document = read_json_file(kCases);
  for (const fitest::Value& test : document.find("cases")->array()) {
    const std::string& code = test.find("code")->string();
    EXPECT_TRUE(known.count(code + test.find("args")->string()) > 0)
        << code << ": run operator_suite.py";
  }
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
