// SPDX-License-Identifier: Apache-2.0
// CUDA C++ to PTX or cubin with NVRTC, cached on disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fitest {

struct SourceFile {
  std::string path;  // relative, as `#include "…"` and -lineinfo name it
  std::string content;
};

struct CompileRequest {
  std::vector<SourceFile> sources;
  std::string main_path;                      // the one that is compiled
  std::vector<std::string> options;           // the Solution's own, after fitest's
  std::vector<std::string> defines;           // "NAME=value"
  std::vector<std::string> name_expressions;  // kernels: "attention<128>", "rmsnorm"
  std::string target = "compute_80";          // "compute_XY" gives PTX, "sm_XYa" gives a cubin
};

// Failure to compile is a result: `succeeded` is false and `log` says why.
struct CompileResult {
  bool succeeded = false;
  std::string code;                          // PTX text or cubin bytes
  std::string log;                           // NVRTC's words, warnings too
  std::map<std::string, std::string> names;  // name expression -> mangled name
  std::string nvrtc_version;                 // "13.0"
  double compile_ms = 0;                     // of the call that really compiled
  bool from_cache = false;
};

// What a search for NVRTC found, for `fitest doctor`.
struct NvrtcStatus {
  bool available = false;
  std::string version;
  std::string library_path;
  std::vector<std::string> include_paths;  // toolkit headers: cuda_fp16.h, cub, …
  std::string problem;                     // why not available, what to do
};
const NvrtcStatus& nvrtc_status();

// Error (Environment) when no NVRTC is found; its text says what to do.
CompileResult compile(const CompileRequest& request);

}  // namespace fitest
