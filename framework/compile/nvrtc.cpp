// SPDX-License-Identifier: Apache-2.0
#include "compile/nvrtc.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/error.h"

namespace fitest {
namespace {

constexpr std::pair kOldestVersion{12, 4};

// Sizes that NVRTC reports count a final NUL, which is no part of the text.
std::string without_final_nul(std::string text) {
  if (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> result;
  result.reserve(texts.size());
  for (const std::string& text : texts) result.push_back(text.c_str());
  return result;
}

// NVRTC opens its second library by soname alone, which the loader finds only where the toolkit is
// installed system-wide, or where a library of that soname is loaded already: this one.
std::optional<DynamicLibrary> open_builtins(const std::filesystem::path& nvrtc,
                                            const std::string& version) {
  return DynamicLibrary::open({nvrtc.parent_path() / ("libnvrtc-builtins.so." + version)});
}

}  // namespace

std::optional<Nvrtc> Nvrtc::open(const NvrtcLocation& location, std::string* problem) {
  std::optional<DynamicLibrary> library = DynamicLibrary::open({location.library}, problem);
  if (!library) return std::nullopt;
  std::string missing;
  const std::optional<NvrtcApi> api = load_nvrtc_api(*library, &missing);
  if (!api) {
    *problem = fmt::format("{} has no function {}", library->path(), missing);
    return std::nullopt;
  }
  std::pair version{0, 0};
  api->version(&version.first, &version.second);
  if (version < kOldestVersion) {
    *problem =
        fmt::format("{} is NVRTC {}.{}; {}.{} or newer is needed", library->path(), version.first,
                    version.second, kOldestVersion.first, kOldestVersion.second);
    return std::nullopt;
  }
  Nvrtc nvrtc(std::move(*library), *api);
  nvrtc.version_ = fmt::format("{}.{}", version.first, version.second);
  nvrtc.builtins_ = open_builtins(nvrtc.path(), nvrtc.version_);
  nvrtc.include_paths_ = location.include_paths;
  return nvrtc;
}

NvrtcProgram::NvrtcProgram(const NvrtcApi& api, const SourceFile& main,
                           const std::vector<SourceFile>& headers)
    : api_(api) {
  std::vector<const char*> contents;
  std::vector<const char*> names;
  for (const SourceFile& header : headers) {
    contents.push_back(header.content.c_str());
    names.push_back(header.path.c_str());
  }
  check(api_.create_program(&handle_, main.content.c_str(), main.path.c_str(),
                            static_cast<int>(headers.size()), contents.data(), names.data()),
        "create a program");
}

NvrtcProgram::~NvrtcProgram() {
  api_.destroy_program(&handle_);
}

void NvrtcProgram::check(NvrtcResult result, const char* what) const {
  if (result == kNvrtcSuccess) return;
  fail(ErrorKind::Environment,
       fmt::format("NVRTC could not {}: {}", what, api_.error_string(result)));
}

void NvrtcProgram::add_name(const std::string& expression) {
  check(api_.add_name(handle_, expression.c_str()), "take a kernel name");
}

bool NvrtcProgram::compile(const std::vector<std::string>& options) {
  const std::vector<const char*> list = pointers(options);
  const NvrtcResult result =
      api_.compile_program(handle_, static_cast<int>(list.size()), list.data());
  if (result == kNvrtcInvalidOption || result == kNvrtcCompilationFailed) return false;
  check(result, "compile");
  return true;
}

std::string NvrtcProgram::log() const {
  std::size_t size = 0;
  check(api_.log_size(handle_, &size), "give its log");
  std::string text(size, '\0');
  check(api_.log(handle_, text.data()), "give its log");
  return without_final_nul(std::move(text));
}

std::string NvrtcProgram::ptx() const {
  std::size_t size = 0;
  check(api_.ptx_size(handle_, &size), "give the PTX");
  std::string text(size, '\0');
  check(api_.ptx(handle_, text.data()), "give the PTX");
  return without_final_nul(std::move(text));
}

std::string NvrtcProgram::cubin() const {
  std::size_t size = 0;
  check(api_.cubin_size(handle_, &size), "give the cubin");
  std::string bytes(size, '\0');
  check(api_.cubin(handle_, bytes.data()), "give the cubin");
  return bytes;
}

std::string NvrtcProgram::lowered_name(const std::string& expression) const {
  const char* name = nullptr;
  check(api_.lowered_name(handle_, expression.c_str(), &name), "give a kernel's mangled name");
  return name;
}

}  // namespace fitest
