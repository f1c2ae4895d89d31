// SPDX-License-Identifier: Apache-2.0
// One NVRTC library, opened, and the program that it compiles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/dynamic_library.h"
#include "compile/compiler.h"
#include "compile/nvrtc_api.h"
#include "compile/nvrtc_location.h"

namespace fitest {

class Nvrtc {
 public:
  // Nothing when it does not open, is no NVRTC or is older than 12.4; `problem` says which.
  static std::optional<Nvrtc> open(const NvrtcLocation& location, std::string* problem);
  const NvrtcApi& api() const noexcept { return api_; }
  const std::string& version() const noexcept { return version_; }
  // The file that the loader really opened.
  const std::string& path() const noexcept { return library_.path(); }
  const std::vector<std::string>& include_paths() const noexcept { return include_paths_; }

 private:
  Nvrtc(DynamicLibrary library, NvrtcApi api) : library_(std::move(library)), api_(api) {}
  DynamicLibrary library_;
  std::optional<DynamicLibrary> builtins_;
  NvrtcApi api_;
  std::string version_;
  std::vector<std::string> include_paths_;
};

// Owns an nvrtcProgram. The library outlives it.
class NvrtcProgram {
 public:
  // `headers` are what `#include` finds before any file.
  NvrtcProgram(const NvrtcApi& api, const SourceFile& main, const std::vector<SourceFile>& headers);
  ~NvrtcProgram();
  NvrtcProgram(const NvrtcProgram&) = delete;
  NvrtcProgram& operator=(const NvrtcProgram&) = delete;

  void add_name(const std::string& expression);
  // False when the source or an option is wrong; log() says why.
  bool compile(const std::vector<std::string>& options);
  std::string log() const;
  std::string ptx() const;
  std::string cubin() const;
  std::string lowered_name(const std::string& expression) const;

 private:
  // Error (Environment) with NVRTC's words for `result`.
  void check(NvrtcResult result, const char* what) const;
  const NvrtcApi& api_;
  NvrtcHandle handle_ = nullptr;
};

}  // namespace fitest
