// SPDX-License-Identifier: Apache-2.0
// A case's kernels compiled, and no more: what a commit hook can do without a GPU.
#pragma once

#include <filesystem>
#include <string>

#include "compile/compiler.h"
#include "run/case.h"
#include "run/resolved_plan.h"

namespace fitest {

// What NVRTC is asked to compile for a Solution whose plan is resolved.
CompileRequest compile_request(const Solution& solution, const ResolvedPlan& plan,
                               const std::string& target);

// Resolves the plan with the workload's inputs and the virtual device's properties, and compiles
// for the target ("compute_80" or "sm_90a"). Errors (Input) are those of the documents.
CompileResult compile_case(const Case& planned, const std::filesystem::path& root,
                           const std::string& target);

}  // namespace fitest
