// SPDX-License-Identifier: Apache-2.0
// The torch reference engine: a child python3 with PyTorch, where one is installed.
#pragma once

#include <string>
#include <vector>

#include "schema/definition.h"
#include "tensor/argument.h"

namespace fitest {

struct TorchStatus {
  bool available = false;
  std::string python;   // the interpreter
  std::string version;  // of PyTorch
  std::string problem;  // why not available
};

// Looks at $FITEST_PYTHON, else python3; does not import PyTorch.
const TorchStatus& torch_status();

struct TorchRun {
  std::vector<Tensor> outputs;
  double milliseconds = 0;  // of run() alone, inside the child
};

// Runs the definition's reference on the CPU. Error: Environment without PyTorch or after the time
// limit, Input with Python's traceback when the reference fails.
TorchRun run_torch_reference(const Definition& definition, const std::vector<NamedTensor>& inputs,
                             double time_limit_seconds);

}  // namespace fitest
