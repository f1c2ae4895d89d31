// SPDX-License-Identifier: Apache-2.0
#include "compile/nvrtc_location.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/text.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr std::array kSonames = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"};
// Below a toolkit's root.
constexpr std::array kLibraryFolders = {"lib64", "lib", "targets/x86_64-linux/lib",
                                        "targets/sbsa-linux/lib"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Folders in `parent` whose names begin with `prefix`, the highest version first.
std::vector<fs::path> folders_in(const fs::path& parent, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    if (entry.is_directory(error) && entry.path().filename().string().starts_with(prefix)) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return ::strverscmp(a.c_str(), b.c_str()) > 0;
  });
  return found;
}

// The headers that came with a library: those of the toolkit around it.
std::vector<std::string> include_paths_beside(const fs::path& library) {
  std::error_code error;
  const fs::path real = fs::canonical(library, error);
  if (error) return {};
  const fs::path root = real.parent_path().parent_path();
  for (const fs::path& include : {root / "include", root.parent_path().parent_path() / "include"}) {
    if (!fs::exists(include / "cuda_fp16.h", error)) continue;
    std::vector<std::string> paths = {include.string()};
    if (fs::is_directory(include / "cccl", error)) paths.push_back((include / "cccl").string());
    return paths;
  }
  return {};
}

void add_file(std::vector<NvrtcLocation>& found, const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error || !fs::is_regular_file(real, error)) return;
  const bool known = std::any_of(found.begin(), found.end(), [&](const NvrtcLocation& location) {
    return fs::equivalent(location.library, real, error);
  });
  if (!known) found.push_back({real.string(), include_paths_beside(real)});
}

void add_folder(std::vector<NvrtcLocation>& found, const fs::path& folder) {
  for (const char* soname : kSonames) add_file(found, folder / soname);
}

void add_toolkit(std::vector<NvrtcLocation>& found, const fs::path& root) {
  if (root.empty()) return;
  for (const char* folder : kLibraryFolders) add_folder(found, root / folder);
}

// $FITEST_NVRTC: the library, its folder, or the toolkit's root.
void add_chosen(std::vector<NvrtcLocation>& found, const fs::path& chosen) {
  std::error_code error;
  if (fs::is_directory(chosen, error)) {
    add_folder(found, chosen);
    add_toolkit(found, chosen);
  } else {
    add_file(found, chosen);
  }
}

void add_installed(std::vector<NvrtcLocation>& found) {
  for (const char* name : {"FITEST_CUDA_HOME", "CUDA_HOME", "CUDA_PATH"}) {
    add_toolkit(found, variable(name));
  }
  add_toolkit(found, "/usr/local/cuda");
  for (const fs::path& root : folders_in("/usr/local", "cuda-")) add_toolkit(found, root);
}

// Where bootstrap.sh unpacks wheels: this cache, or the user's when FITEST_CACHE_DIR moved this
// one.
void add_wheels(std::vector<NvrtcLocation>& found) {
  const std::string xdg = variable("XDG_CACHE_HOME");
  const fs::path users = xdg.empty() ? fs::path(variable("HOME")) / ".cache" : fs::path(xdg);
  for (const fs::path& cache : {cache_directory(), users / "fitest"}) {
    for (const fs::path& wheels : folders_in(cache / "nvrtc", "")) {
      add_folder(found, wheels / "lib");
    }
  }
}

std::string stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return path + " absent";
  return fmt::format("{} {} {}.{:09}", path, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

}  // namespace

std::vector<NvrtcLocation> find_nvrtc() {
  std::vector<NvrtcLocation> found;
  if (const std::string chosen = variable("FITEST_NVRTC"); !chosen.empty()) {
    add_chosen(found, chosen);
  } else {
    const bool ignore_toolkit = variable("FITEST_IGNORE_TOOLKIT") == "1";
    if (!ignore_toolkit) add_installed(found);
    add_wheels(found);
    if (!ignore_toolkit) {
      for (const char* soname : kSonames) found.push_back({soname, {}, false});
    }
  }
  if (const std::string include = variable("FITEST_CUDA_INCLUDE"); !include.empty()) {
    for (NvrtcLocation& location : found) location.include_paths = split(include, ':');
  }
  return found;
}

std::string identity_of(const std::vector<NvrtcLocation>& locations) {
  std::string identity;
  for (const NvrtcLocation& location : locations) {
    identity += location.is_file ? stamp_of(location.library) : location.library;
    for (const std::string& include : location.include_paths) {
      identity += "; " + stamp_of(include) + "; " + stamp_of(include + "/cuda_fp16.h");
    }
    identity += "\n";
  }
  return identity;
}

}  // namespace fitest
