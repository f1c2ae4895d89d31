// SPDX-License-Identifier: Apache-2.0
// What a launch did, for the Trace and for people: counts of the virtual device, and what the
// kernel needs of a GPU.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compile/resource_usage.h"
#include "device/profile.h"
#include "document/value.h"
#include "run/resolved_plan.h"
#include "schema/solution.h"

namespace fitest {

// Of all kernels of a plan, compiled for one GPU.
struct GpuResources {
  std::string target;                            // "sm_90a"
  std::string problem;                           // why nothing is known: NVRTC's words
  std::map<std::string, ResourceUsage> kernels;  // by mangled name
};

// The architecture of the first hardware that the Solution names and fitest knows, else "sm_80".
std::string gpu_target(const Solution& solution);

// Compiles the plan with the Solution's options for its GPU; needs none, is cached as every kernel.
GpuResources read_resources(const Solution& solution, const ResolvedPlan& plan);

// An object of the Trace's `fitest.profile`, with the five lines that cost most.
Value profile_value(const LaunchProfile& profile, const GpuResources& resources,
                    const Solution& solution);

}  // namespace fitest
