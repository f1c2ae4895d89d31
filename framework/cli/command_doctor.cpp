// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/command.h"
#include "compile/compiler.h"
#include "cuda/cupti.h"
#include "cuda/probe.h"
#include "pytorch/engine.h"
#include "run/devices.h"
#include "run/torch_source.h"

namespace fitest {
namespace {

struct Finding {
  std::string what;
  bool found = false;
  std::string details;
  std::string cost;  // of its absence
};

Finding nvrtc_finding() {
  const NvrtcStatus& status = nvrtc_status();
  if (!status.available) {
    return {"NVRTC", false, status.problem, "no kernel can be compiled: every case fails"};
  }
  return {
      "NVRTC", true,
      fmt::format("{} ({}), headers in {}", status.version, status.library_path,
                  status.include_paths.empty() ? "no folder" : join(status.include_paths, ", ")),
      ""};
}

Finding driver_finding() {
  const cuda::DriverStatus& status = cuda::driver_status();
  if (!status.available) {
    return {"NVIDIA driver", false, status.problem,
            "kernels run on the virtual PTX device; times are not a GPU's"};
  }
  return {"NVIDIA driver", true,
          fmt::format("CUDA {}, GPUs: {}", status.version,
                      status.devices.empty() ? "none" : join(status.devices, "; ")),
          ""};
}

Finding cupti_finding() {
  const cuda::Cupti& cupti = cuda::installed_cupti();
  if (cupti.usable()) return {"CUPTI", true, cupti.library->path(), ""};
  return {"CUPTI", false, cupti.problem,
          "kernels on a GPU are timed by events, which count some microseconds more"};
}

Finding torch_finding() {
  const TorchStatus status = find_torch();
  if (!status.available) {
    return {"PyTorch", false, status.problem,
            "references run on the builtin engine; what it lacks cannot be checked"};
  }
  return {"PyTorch", true, fmt::format("{} ({})", status.version, status.python), ""};
}

void print(const Finding& finding) {
  std::cout << fmt::format("{} {:<18} {}\n", finding.found ? "found  " : "missing", finding.what,
                           finding.details);
  if (!finding.found) std::cout << fmt::format("        {:<18} {}\n", "", finding.cost);
}

int doctor() {
  const Finding nvrtc = nvrtc_finding();
  print(nvrtc);
  print(driver_finding());
  print(cupti_finding());
  print(torch_finding());
  print({"virtual device", true, fmt::format("{} threads", thread_count()), ""});
  print({"reference engine", true, pytorch::engine_version(), ""});
  print({"cache", true, cache_directory().string(), ""});
  const DeviceChoice choice = choose_device("auto");
  std::cout << fmt::format("--device auto is {}: {}\n", choice.name, choice.reason);
  return nvrtc.found ? kExitPass : kExitFail;
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("doctor", "Say what was found, what is missing and what that costs");
  command->footer("Exit codes: 0 cases can run, 1 they cannot.");
  command->callback([&chosen] { chosen = doctor; });
}

}  // namespace fitest
