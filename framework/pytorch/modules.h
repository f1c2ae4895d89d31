// SPDX-License-Identifier: Apache-2.0
// The modules that a reference may import: torch, torch.nn.functional, math, typing, …
#pragma once

#include <map>
#include <optional>
#include <string>

#include "pytorch/operator.h"
#include "pytorch/value.h"

namespace fitest::pytorch {

struct ModuleInfo {
  std::string name;
  std::map<std::string, Value> members;
  std::optional<OperatorSpace> operators;  // searched after the members
  bool accepts_everything = false;         // typing: annotations mean nothing
};

// math's functions and constants.
std::map<std::string, Value> math_members();

}  // namespace fitest::pytorch
