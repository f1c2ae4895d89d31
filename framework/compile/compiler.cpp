// SPDX-License-Identifier: Apache-2.0
#include "compile/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "compile/includes.h"
#include "compile/kernel_cache.h"
#include "compile/line_info.h"
#include "compile/nvrtc.h"
#include "compile/nvrtc_location.h"
#include "compile/options.h"

namespace fitest {
namespace {

// Changes when fitest itself would compile the same request differently.
constexpr std::string_view kCompilerRevision = "1";

constexpr std::string_view kAdvice =
    "install the CUDA Toolkit 12.4 or newer, or run ./bootstrap.sh, which fetches NVRTC alone; "
    "FITEST_NVRTC names the library or its folder where it is elsewhere";

const std::vector<NvrtcLocation>& locations() {
  static const std::vector<NvrtcLocation> found = find_nvrtc();
  return found;
}

// The first location that opens, opened once per process.
struct Toolchain {
  std::optional<Nvrtc> nvrtc;
  NvrtcStatus status;
};

Toolchain open_toolchain() {
  Toolchain toolchain;
  std::vector<std::string> problems;
  for (const NvrtcLocation& location : locations()) {
    std::string problem;
    toolchain.nvrtc = Nvrtc::open(location, &problem);
    if (toolchain.nvrtc) break;
    if (std::find(problems.begin(), problems.end(), problem) == problems.end()) {
      problems.push_back(problem);
    }
  }
  NvrtcStatus& status = toolchain.status;
  if (!toolchain.nvrtc) {
    const std::string details = problems.empty() ? "" : " (" + join(problems, "; ") + ")";
    status.problem = fmt::format("NVRTC was not found{}; {}", details, kAdvice);
    return toolchain;
  }
  status.available = true;
  status.version = toolchain.nvrtc->version();
  status.library_path = toolchain.nvrtc->path();
  status.include_paths = toolchain.nvrtc->include_paths();
  if (status.include_paths.empty()) {
    status.problem =
        "the toolkit's headers were not found beside NVRTC: kernels that include cuda_fp16.h and "
        "the like will not compile; FITEST_CUDA_INCLUDE names their folders";
  }
  return toolchain;
}

const Toolchain& toolchain() {
  static const Toolchain opened = open_toolchain();
  return opened;
}

const Nvrtc& require_nvrtc() {
  if (!toolchain().nvrtc) fail(ErrorKind::Environment, toolchain().status.problem);
  return *toolchain().nvrtc;
}

// Which library and headers will be used follows from what the search met, so a cached kernel
// is found without opening NVRTC. Only a bare soname must be opened to be known.
std::string toolchain_identity() {
  const bool known = std::any_of(locations().begin(), locations().end(),
                                 [](const NvrtcLocation& found) { return found.is_file; });
  if (known) return identity_of(locations());
  const Nvrtc& nvrtc = require_nvrtc();
  return identity_of({{nvrtc.path(), nvrtc.include_paths()}}) + nvrtc.version();
}

void add_list(Sha256& hash, const std::vector<std::string>& list) {
  hash.field(std::to_string(list.size()));
  for (const std::string& item : list) hash.field(item);
}

std::string key_of(const CompileRequest& request) {
  Sha256 hash;
  hash.field(kCompilerRevision).field(toolchain_identity());
  hash.field(request.target).field(request.main_path);
  add_list(hash, request.options);
  add_list(hash, request.defines);
  add_list(hash, request.name_expressions);
  for (const SourceFile& source : request.sources) hash.field(source.path).field(source.content);
  return hash.hex_digest();
}

const SourceFile& main_source(const CompileRequest& request) {
  const auto found =
      std::find_if(request.sources.begin(), request.sources.end(),
                   [&](const SourceFile& source) { return source.path == request.main_path; });
  if (found == request.sources.end()) {
    fail(ErrorKind::Input,
         fmt::format("{} is not among the Solution's sources", request.main_path));
  }
  return *found;
}

// NVRTC reports a wrong kernel name as an error in a file of its own making.
void explain_names(const CompileRequest& request, std::string& log) {
  if (log.find("__nv_name_map") == std::string::npos) return;
  log += fmt::format("\n__nv_name_map stands for the launch plan's kernel names: {}\n",
                     join(request.name_expressions, ", "));
}

CompileResult compile_now(const CompileRequest& request) {
  const Nvrtc& nvrtc = require_nvrtc();
  const std::vector<std::string> options = nvrtc_options(request, nvrtc.include_paths());
  CompileResult result;
  result.nvrtc_version = nvrtc.version();
  NvrtcProgram program(nvrtc.api(), main_source(request),
                       in_memory_headers(request, nvrtc.include_paths()));
  for (const std::string& name : request.name_expressions) program.add_name(name);
  const auto start = std::chrono::steady_clock::now();
  result.succeeded = program.compile(options);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  result.compile_ms = elapsed.count();
  result.log = program.log();
  if (!result.succeeded) {
    explain_names(request, result.log);
    return result;
  }
  result.code = target_is_ptx(request.target) ? with_source_names(program.ptx(), request.sources)
                                              : program.cubin();
  for (const std::string& name : request.name_expressions) {
    result.names[name] = program.lowered_name(name);
  }
  return result;
}

bool cache_is_off() {
  const char* value = std::getenv("FITEST_NO_CACHE");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

const NvrtcStatus& nvrtc_status() {
  return toolchain().status;
}

CompileResult compile(const CompileRequest& request) {
  main_source(request);
  target_is_ptx(request.target);
  if (auto problem = problem_of_options(request.options)) {
    CompileResult rejected;
    rejected.log = *problem + "\n";
    return rejected;
  }
  if (cache_is_off()) return compile_now(request);
  const KernelCache cache(cache_directory() / "kernels");
  const std::string key = key_of(request);
  if (auto hit = cache.find(key)) return *hit;
  const FileLock lock = cache.lock(key);
  if (auto hit = cache.find(key)) return *hit;
  CompileResult result = compile_now(request);
  if (result.succeeded) cache.store(key, result);
  return result;
}

}  // namespace fitest
