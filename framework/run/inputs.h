// SPDX-License-Identifier: Apache-2.0
// The inputs of a case: seeded, read from safetensors, or scalar (DESIGN §4).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/definition.h"
#include "schema/workload.h"
#include "tensor/argument.h"

namespace fitest {

struct InputRequest {
  const Definition& definition;
  const Workload& workload;
  std::filesystem::path root;  // of the dataset, for safetensors
  std::uint64_t seed = 0;
  std::uint64_t trial = 0;
};

// In the order of Definition.inputs. Error (Input or Environment) names the input, the workload's
// line and what is wrong.
std::vector<NamedTensor> make_inputs(const InputRequest& request);

// Text that determines the inputs: equal text, equal bytes. Part of a golden's key.
std::string describe_inputs(const InputRequest& request);

// Every constraint of the definition holds; Error (Input) names the one that does not and the
// values of its names, at the workload's line.
void check_constraints(const InputRequest& request, const std::vector<NamedTensor>& inputs);

}  // namespace fitest
