// SPDX-License-Identifier: Apache-2.0
// NVIDIA's compute-sanitizer over a case (Compute Sanitizer documentation, "Command Line Options").
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fitest {

inline constexpr const char* kSanitizerVariable = "FITEST_SANITIZER";

// This process runs under compute-sanitizer, or FITEST_SANITIZER says so. Buffers then have no
// guard zones and no poison, which would hide what the sanitizer looks for, and nothing is timed.
bool runs_under_sanitizer();

// compute-sanitizer of this machine: in PATH, else of the CUDA toolkit.
std::optional<std::string> find_sanitizer();

// The command that runs `command` under `tool`; a defect makes its exit code 1.
std::vector<std::string> sanitizer_command(const std::string& sanitizer, const std::string& tool,
                                           const std::vector<std::string>& command);

// The arguments without `--sanitizer TOOL` and `--sanitizer=TOOL`.
std::vector<std::string> without_sanitizer(const std::vector<std::string>& arguments);

}  // namespace fitest
