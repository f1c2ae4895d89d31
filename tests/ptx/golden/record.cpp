// SPDX-License-Identifier: Apache-2.0
// fitest_record_golden FILE: writes what the GPU of this machine gives for golden.cu.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "base/error.h"
#include "cuda/cuda_device.h"
#include "ptx/golden/golden.h"

int main(int argc, char** argv) {
  using namespace fitest;
  if (argc != 2) {
    fmt::print(stderr, "usage: fitest_record_golden FILE\n");
    return 2;
  }
  try {
    const DevicePtr device = cuda::make_cuda_device({});
    const ModulePtr module = golden::load_module(*device);
    golden::File file;
    for (const golden::Row& row : golden::rows()) {
      file[row.kernel] = golden::run_row(row, *device, *module, 1);
    }
    const DeviceProperties& card = device->properties();
    std::ofstream(argv[1]) << golden::to_text(
        fmt::format("recorded on {}, driver {}", card.name, card.driver_version), file);
  } catch (const Error& error) {
    fmt::print(stderr, "fitest_record_golden: {}\n", error.what());
    return 1;
  }
  return 0;
}
