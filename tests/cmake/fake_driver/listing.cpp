// SPDX-License-Identifier: Apache-2.0
// FAKE_GPUS=<n> GPUs of 80 GiB, of which CUDA_VISIBLE_DEVICES shows some, as NVIDIA's driver does:
// indices and whole UUIDs up to the first that is none. Making a context says on which GPU of the
// machine, and fails.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace {

int gpu_count() {
  const char* count = std::getenv("FAKE_GPUS");
  return count == nullptr ? 0 : std::atoi(count);
}

unsigned char uuid_byte(int gpu) {
  return static_cast<unsigned char>(0xa0 + gpu);
}

std::string uuid_of(int gpu) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", uuid_byte(gpu));
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits;
  }
  return text;
}

int gpu_named(const std::string& entry) {
  for (int gpu = 0; gpu < gpu_count(); ++gpu) {
    if (entry == std::to_string(gpu) || entry == uuid_of(gpu)) return gpu;
  }
  return -1;
}

// Read at cuInit, as the driver does.
std::vector<int> visible;

}  // namespace

// The names are NVIDIA's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {

int cuInit(unsigned) {
  visible.clear();
  const char* mask = std::getenv("CUDA_VISIBLE_DEVICES");
  if (mask == nullptr) {
    for (int gpu = 0; gpu < gpu_count(); ++gpu) visible.push_back(gpu);
    return 0;
  }
  std::istringstream entries(mask);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const int gpu = gpu_named(entry);
    if (gpu < 0) break;
    visible.push_back(gpu);
  }
  return visible.empty() ? 100 : 0;  // CUDA_ERROR_NO_DEVICE
}

int cuDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}

int cuGetErrorName(int, const char** name) {
  *name = "CUDA_ERROR_FAKE";
  return 0;
}

int cuGetErrorString(int, const char** text) {
  *text = "a driver that only lists GPUs";
  return 0;
}

int cuDeviceGetCount(int* count) {
  *count = static_cast<int>(visible.size());
  return 0;
}

int cuDeviceGet(int* device, int index) {
  *device = index;
  return 0;
}

int cuDeviceGetName(char* name, int size, int) {
  std::snprintf(name, static_cast<std::size_t>(size), "Fake GPU");
  return 0;
}

int cuDeviceGetUuid_v2(unsigned char* bytes, int device) {
  std::memset(bytes, uuid_byte(visible.at(static_cast<std::size_t>(device))), 16);
  return 0;
}

int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = std::size_t{80} << 30;
  return 0;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == 75 ? 9 : attribute == 76 ? 0 : 1024;
  return 0;
}

int cuDevicePrimaryCtxRetain(void**, int device) {
  std::fprintf(stderr, "context on GPU %d of the machine\n",
               visible.at(static_cast<std::size_t>(device)));
  return 801;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
