// SPDX-License-Identifier: Apache-2.0
// fitest in a GoogleTest program: a dataset's cases as tests, and a matcher that checks a tensor
// against a Definition. Link fitest::gtest and GoogleTest.
//
//   int main(int argc, char** argv) {
//     testing::InitGoogleTest(&argc, argv);
//     fitest::register_cases({.dataset = "kernels", .tier = "quick"});
//     return RUN_ALL_TESTS();
//   }
//
// A case is <definition>.<solution>/<workload prefix> for --gtest_filter, --gtest_list_tests and
// shards; what its Trace says becomes properties of --gtest_output=xml.
#pragma once

#include <gtest/gtest.h>

#include <fitest/problem.h>
#include <fitest/suite.h>
#include <exception>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace fitest {

class RegisteredCase : public ::testing::Test {
 public:
  RegisteredCase(std::shared_ptr<const Suite> suite, std::size_t index)
      : suite_(std::move(suite)), index_(index) {}
  void TestBody() override {
    const CaseOutcome outcome = suite_->run(index_);
    for (const auto& [name, value] : outcome.properties) RecordProperty(name, value);
    if (outcome.status == CaseStatus::Skipped) GTEST_SKIP() << outcome.text;
    if (outcome.status == CaseStatus::Failed) FAIL() << outcome.text;
  }

 private:
  std::shared_ptr<const Suite> suite_;
  std::size_t index_;
};

// A test that fails, so that no mistake looks like success.
class BrokenDataset : public ::testing::Test {
 public:
  explicit BrokenDataset(std::string why) : why_(std::move(why)) {}
  void TestBody() override { FAIL() << why_; }

 private:
  std::string why_;
};

// Registers a test for each case, before RUN_ALL_TESTS(). A dataset that cannot be read, has broken
// documents or no case that is selected gives the failing test fitest.Dataset with the reason.
// Returns the number of cases.
inline std::size_t register_cases(const SuiteOptions& options) {
  std::string why;
  std::shared_ptr<const Suite> suite;
  try {
    suite = std::make_shared<const Suite>(options);
    why = suite->problems();
    if (why.empty() && suite->cases().empty()) {
      why = "no case of " + options.dataset + " is selected";
    }
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (!why.empty()) {
    ::testing::RegisterTest("fitest", "Dataset", nullptr, nullptr, __FILE__, __LINE__,
                            [why]() -> BrokenDataset* { return new BrokenDataset(why); });
  }
  if (!suite) return 0;
  for (std::size_t i = 0; i < suite->cases().size(); ++i) {
    const SuiteCase& one = suite->cases()[i];
    const std::string name = one.solution + "/" + one.workload;
    ::testing::RegisterTest(
        one.definition.c_str(), name.c_str(), nullptr, nullptr, one.file.c_str(), 1,
        [suite, i]() -> RegisteredCase* { return new RegisteredCase(suite, i); });
  }
  return suite->cases().size();
}

// EXPECT_THAT(y, MatchesDefinition(problem, "y")), where y is a contiguous range of elements as
// large as the output's dtype: std::vector<float>, std::span<const __nv_bfloat16>, …
class DefinitionMatcher {
 public:
  using is_gtest_matcher = void;
  DefinitionMatcher(Problem problem, std::string output)
      : problem_(std::move(problem)), output_(std::move(output)) {}

  template <class Range>
  bool MatchAndExplain(const Range& elements, std::ostream* explanation) const {
    std::string why;
    try {
      why = problem_.judge(output_, elements);
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (!why.empty() && explanation != nullptr) *explanation << why;
    return why.empty();
  }
  void DescribeTo(std::ostream* stream) const {
    *stream << "is the " << problem_.describe(output_);
  }
  void DescribeNegationTo(std::ostream* stream) const {
    *stream << "is not the " << problem_.describe(output_);
  }

 private:
  Problem problem_;
  std::string output_;
};

inline DefinitionMatcher MatchesDefinition(const Problem& problem, std::string output) {
  return DefinitionMatcher(problem, std::move(output));
}

}  // namespace fitest
