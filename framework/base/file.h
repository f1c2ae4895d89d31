// SPDX-License-Identifier: Apache-2.0
// Whole files: read, and written so that no reader ever sees half of one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fitest {

// Errors (Environment) name the path and the reason.
std::string read_file(const std::filesystem::path& path);

// Writes a temporary file beside `path`, and renames it; creates the folders above it.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> content);
// The pieces one after the other.
void write_file_atomically(const std::filesystem::path& path,
                           const std::vector<std::span<const std::byte>>& pieces);

// $FITEST_CACHE_DIR, else $XDG_CACHE_HOME/fitest, else ~/.cache/fitest; created when missing.
std::filesystem::path cache_directory();

}  // namespace fitest
