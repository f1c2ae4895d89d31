// SPDX-License-Identifier: Apache-2.0
#include "compile/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/error.h"

namespace fitest {
namespace {

struct RejectedOption {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view kHostFiles =
    "a Solution may read its own sources and the toolkit's headers only; set FITEST_CUDA_INCLUDE "
    "to add folders for every Solution";
constexpr std::string_view kOutput = "it makes NVRTC write or read files of the host";
constexpr std::string_view kTarget = "the device that runs the kernel decides the architecture";
constexpr std::string_view kLinking = "fitest loads whole modules and links nothing";

// https://docs.nvidia.com/cuda/nvrtc/#supported-compile-options
constexpr RejectedOption kRejected[] = {
    {"-I", kHostFiles},
    {"--include-path", kHostFiles},
    {"-include", kHostFiles},
    {"--pre-include", kHostFiles},
    {"-use-pch", kOutput},
    {"--use-pch", kOutput},
    {"-create-pch", kOutput},
    {"--create-pch", kOutput},
    {"-pch", kOutput},
    {"--pch", kOutput},
    {"-pch-dir", kOutput},
    {"--pch-dir", kOutput},
    {"-time", kOutput},
    {"--time", kOutput},
    {"-fdevice-time-trace", kOutput},
    {"--fdevice-time-trace", kOutput},
    {"-arch", kTarget},
    {"--gpu-architecture", kTarget},
    {"-dc", kLinking},
    {"--device-c", kLinking},
    {"-rdc", kLinking},
    {"--relocatable-device-code", kLinking},
    {"-dlto", kLinking},
    {"--dlink-time-opt", kLinking},
    {"--optix-ir", kLinking},
    {"-optix-ir", kLinking},
};

constexpr std::string_view kVirtualPrefix = "compute_";
constexpr std::string_view kRealPrefix = "sm_";

bool is_named(std::string_view option, std::string_view name) {
  if (name == "-I") return option.starts_with(name);
  return option == name || (option.starts_with(name) && option[name.size()] == '=');
}

bool sets_the_standard(std::string_view option) {
  return option.starts_with("-std") || option.starts_with("--std");
}

}  // namespace

std::vector<std::string> nvrtc_options(const CompileRequest& request,
                                       const std::vector<std::string>& include_paths) {
  std::vector<std::string> options = {"-arch=" + request.target, "-lineinfo", "-default-device"};
  if (std::none_of(request.options.begin(), request.options.end(), sets_the_standard)) {
    options.emplace_back("--std=c++17");
  }
  for (const std::string& path : include_paths) options.push_back("-I" + path);
  for (const std::string& define : request.defines) options.push_back("-D" + define);
  options.insert(options.end(), request.options.begin(), request.options.end());
  return options;
}

std::optional<std::string> problem_of_options(const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    for (const RejectedOption& rejected : kRejected) {
      if (!is_named(option, rejected.name)) continue;
      return fmt::format("compile option {} is not allowed: {}", option, rejected.reason);
    }
  }
  return std::nullopt;
}

bool target_is_ptx(const std::string& target) {
  const bool is_ptx = target.starts_with(kVirtualPrefix);
  const std::size_t digits = (is_ptx ? kVirtualPrefix : kRealPrefix).size();
  const bool known = (is_ptx || target.starts_with(kRealPrefix)) && target.size() > digits &&
                     std::isdigit(static_cast<unsigned char>(target[digits])) != 0;
  if (!known) {
    fail(ErrorKind::Usage,
         fmt::format("\"{}\" is no compile target; expected compute_80 or the like for PTX, "
                     "sm_90a or the like for a cubin",
                     target));
  }
  return is_ptx;
}

}  // namespace fitest
