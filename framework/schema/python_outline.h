// SPDX-License-Identifier: Apache-2.0
// What can be told of Python source without a parser: brackets and strings that close, and the
// functions at the top level.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fitest {

struct PythonProblem {
  std::string message;
  std::size_t begin = 0;  // byte offsets
  std::size_t end = 0;
};

struct PythonFunction {
  std::string name;
  std::vector<std::string> parameters;  // names; * and ** ones with their stars
};

struct PythonOutline {
  std::optional<PythonProblem> problem;  // the first
  std::vector<PythonFunction> functions;
  const PythonFunction* find(std::string_view name) const;
};

PythonOutline outline_python(std::string_view source);

}  // namespace fitest
