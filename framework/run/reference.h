// SPDX-License-Identifier: Apache-2.0
// Expected outputs of a case: from the golden cache, else from the reference engine.
#pragma once

#include <string>
#include <vector>

#include "run/inputs.h"
#include "run/torch_source.h"

namespace fitest::pytorch {
class Profile;
}

namespace fitest {

// The GPU that the Solution runs on; PyTorch is to run there too.
struct ReferenceGpu {
  std::string uuid;  // empty: the Solution does not run on a GPU
  std::string name;
};

// Auto: torch when the Solution runs on a GPU and PyTorch is there, else builtin; where one cannot,
// the other is tried.
enum class ReferenceChoice : std::uint8_t { Auto, Builtin, Torch };

struct ReferenceResult {
  // In the order of Definition.outputs, named after them, in the reference's own dtypes and shapes.
  std::vector<NamedTensor> outputs;
  std::string engine;       // "builtin-1", "torch-2.11.0"
  std::string hardware;     // the GPU that it ran on; empty: the CPU
  double milliseconds = 0;  // of the run that computed them
  bool from_cache = false;
  std::string note;  // why another engine than the one asked for ran; empty: the one asked for
};

struct ReferenceOptions {
  ReferenceChoice engine = ReferenceChoice::Auto;
  bool use_cache = true;
  double time_limit_seconds = 600;
  std::size_t memory_limit_bytes = std::size_t{16} << 30;  // of the builtin engine's tensors
  ReferenceGpu gpu;
  pytorch::Profile* profile = nullptr;  // of the builtin engine
  TorchSource* torch = nullptr;         // null: a python is started for one reference alone
};

// Error: Input for a wrong reference or one whose outputs do not fit the definition in number,
// Unsupported for what the engine lacks, Environment where it cannot run.
ReferenceResult compute_reference(const InputRequest& request,
                                  const std::vector<NamedTensor>& inputs,
                                  const ReferenceOptions& options);

}  // namespace fitest
