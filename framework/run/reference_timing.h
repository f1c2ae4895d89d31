// SPDX-License-Identifier: Apache-2.0
// How long a reference takes in PyTorch on the GPU of the Solution, measured as the Solution is.
#pragma once

#include <string>
#include <vector>

#include "measure/sampler.h"
#include "run/reference.h"

namespace fitest {

struct ReferenceTiming {
  double latency_ms = 0;  // as Samples::latency_ms(); 0: not measured
  Samples samples;        // empty when it comes from the cache
  bool from_cache = false;
  std::string note;  // why it could not be measured
};

// Sets of inputs, each in the order of Definition.inputs.
using ReferenceSets = std::vector<const std::vector<NamedTensor>*>;

// Inputs rotate over the sets at the same addresses, every call starts from a cold L2 cache and is
// timed by CUDA events, with the GPU's lock held as the Solution's calls hold it. The latency is
// kept with the goldens, by PyTorch's version, the GPU and the sampling.
ReferenceTiming time_reference(const InputRequest& request, const ReferenceSets& sets,
                               const ReferenceOptions& options, const SamplingOptions& sampling);

}  // namespace fitest
