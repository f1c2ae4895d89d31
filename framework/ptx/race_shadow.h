// SPDX-License-Identifier: Apache-2.0
// What memory remembers of its accesses, so that later ones can be held against them.
//
// A line of 64 bytes has one record for its last writer and two for readers: which bytes a warp
// touched in one of its ticks, and which lane touched each. That is exact for what warps mostly do
// (rows, vectors, broadcasts). A line that needs more gets a cell for every 4 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace fitest::ptx {

inline constexpr std::uint8_t kAccessStrong = 1;
inline constexpr std::uint8_t kAccessPending = 2;  // a cp.async not yet done
inline constexpr std::uint8_t kAccessWrites = 4;
inline constexpr std::uint8_t kAccessManyLanes = 8;  // more lanes of the warp than the one named

inline constexpr std::uint64_t kCellBytes = 4;
inline constexpr std::uint64_t kLineBytes = 64;
inline constexpr std::uint64_t kLineCells = kLineBytes / kCellBytes;
inline constexpr std::uint64_t kWholeLine = ~std::uint64_t{0};

// Of 4 bytes.
struct AccessRecord {
  std::uint32_t block = 0;
  std::uint32_t tick = 0;  // 0: no access
  std::uint32_t pc = 0;
  std::uint16_t thread = 0;
  std::uint8_t bytes = 0;  // one bit for each of the 4
  std::uint8_t flags = 0;  // kAccess…
};

struct RaceCell {
  AccessRecord writer;
  std::array<AccessRecord, 2> readers;
};

// Of 64 bytes. Byte b belongs to lane `lane` + (b >> shift), or, with kAccessManyLanes, to several.
struct LineRecord {
  std::uint64_t bytes = 0;  // one bit for each
  std::uint32_t tick = 0;   // 0: no access
  std::uint32_t block = 0;
  std::uint32_t pc = 0;
  std::uint8_t warp = 0;
  std::int8_t lane = 0;
  std::uint8_t shift = 0;
  std::uint8_t flags = 0;  // kAccess…

  bool like(const LineRecord& other) const {
    return tick == other.tick && lane == other.lane && shift == other.shift && flags == other.flags;
  }
};

struct RaceLine {
  LineRecord writer;
  std::array<LineRecord, 2> readers;
  RaceCell* cells = nullptr;  // kLineCells, once they are needed
};

// Where cells come from; they live as long as it does.
class CellPool {
 public:
  RaceCell* take();
  void clear();

 private:
  static constexpr std::size_t kLinesPerChunk = 64;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RaceCell[]>> chunks_;
  std::size_t used_ = 0;  // lines
};

// Gives the line cells that say what its records say.
void expand(RaceLine& line, CellPool& pool);

// Consecutive lanes whose places follow each other, or are the same.
struct LaneRun {
  int first = 0;
  int count = 1;
  bool same = false;
};
// The run that begins with the first of these lanes.
LaneRun first_run(const std::uint64_t* address, std::uint32_t bytes, std::uint32_t lanes);

// Bits first to first + count - 1.
constexpr std::uint64_t byte_bits(std::uint64_t first, std::uint64_t count) {
  return (count >= 64 ? kWholeLine : (std::uint64_t{1} << count) - 1) << first;
}

}  // namespace fitest::ptx
