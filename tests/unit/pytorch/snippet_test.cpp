// SPDX-License-Identifier: Apache-2.0
// Snippets print what CPython and PyTorch print (tests/pytorch/compare_with_python.py), and those
// that raise there are located errors here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "golden.h"
#include "pytorch/engine.h"

namespace fitest::pytorch {
namespace {

struct Outcome {
  std::string output;
  std::string error;
};

Outcome run_snippet(const std::string& code) {
  std::string text =
      "import math\nimport torch\nimport torch.nn.functional as F\np = print\ndef run():\n";
  for (const std::string& line : split(code, '\n')) text += "    " + line + "\n";
  text += "    return 0\n";
  Outcome outcome;
  try {
    run_reference(make_source("snippet", text), {}, {.seconds = 60}, &outcome.output);
  } catch (const Error& error) {
    outcome.error = error.what();
  }
  return outcome;
}

class SnippetCases : public testing::TestWithParam<const char*> {};

TEST_P(SnippetCases, PrintWhatPythonPrints) {
  const std::string path = std::string(FITEST_SOURCE_DIR "/tests/pytorch/") + GetParam();
  const fitest::Value cases = read_json_file(path + "_cases.json");
  EXPECT_GE(cases.array().size(), 100U);
  for (const fitest::Value& entry : cases.array()) {
    SCOPED_TRACE(entry.find("code")->string());
    const Outcome outcome = run_snippet(entry.find("code")->string());
    EXPECT_EQ(outcome.output, entry.find("output")->string()) << outcome.error;
    if (const fitest::Value* error = entry.find("error")) {
      EXPECT_THAT(outcome.error, testing::StartsWith("snippet:")) << "Python: " << error->string();
    } else {
      EXPECT_EQ(outcome.error, "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, SnippetCases, testing::Values("language", "tensor"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace fitest::pytorch
