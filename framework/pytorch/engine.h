// SPDX-License-Identifier: Apache-2.0
// The builtin reference engine: runs PyTorch source in C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/source.h"
#include "tensor/argument.h"

namespace fitest::pytorch {

class Profile;

struct Limits {
  double seconds = 600;                              // wall clock
  std::size_t memory_bytes = std::size_t{16} << 30;  // of all live tensors
  std::size_t call_depth = 200;
};

// Engine name and version, part of every golden's key: "builtin-1".
std::string engine_version();

// Calls the reference's top-level `run(...)` with the arguments, by name where all names are
// parameters of `run`, else in order, and returns its outputs
// (a tensor, or a tuple or list of tensors or numbers) as dense tensors. `print` output goes to
// `output` if given.
//
// Throws Error: Input with file:line:col and a traceback for a wrong reference, Unsupported naming
// the operator or syntax that the engine lacks, its line and the nearest known name.
std::vector<Tensor> run_reference(const SourcePtr& source,
                                  const std::vector<NamedTensor>& arguments, const Limits& limits,
                                  std::string* output = nullptr);

// The same; times go to `profile`.
std::vector<Tensor> run_reference(const SourcePtr& source,
                                  const std::vector<NamedTensor>& arguments, const Limits& limits,
                                  Profile& profile);

// Checks syntax and that a top-level `run` exists; parameter names of `run` in order.
std::vector<std::string> parse_reference(const SourcePtr& source);

}  // namespace fitest::pytorch
