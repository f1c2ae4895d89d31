// SPDX-License-Identifier: Apache-2.0
// Expected outputs of a case: from the golden cache, else from the reference engine.
#pragma once

#include <string>
#include <vector>

#include "run/inputs.h"

namespace fitest {

enum class ReferenceChoice : std::uint8_t { Auto, Builtin, Torch };

struct ReferenceResult {
  // In the order of Definition.outputs, named after them, in the reference's own dtypes and shapes.
  std::vector<NamedTensor> outputs;
  std::string engine;       // "builtin-1", "torch-2.11.0"
  double milliseconds = 0;  // of the run that computed them
  bool from_cache = false;
  std::string note;  // why another engine than the one asked for ran; empty: the one asked for
};

struct ReferenceOptions {
  ReferenceChoice engine = ReferenceChoice::Auto;
  bool use_cache = true;
  double time_limit_seconds = 600;
  std::size_t memory_limit_bytes = std::size_t{16} << 30;  // of the builtin engine's tensors
};

// Error: Input for a wrong reference or one whose outputs do not fit the definition in number,
// Unsupported for what the engine lacks.
ReferenceResult compute_reference(const InputRequest& request,
                                  const std::vector<NamedTensor>& inputs,
                                  const ReferenceOptions& options);

}  // namespace fitest
