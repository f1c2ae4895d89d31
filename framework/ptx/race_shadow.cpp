// SPDX-License-Identifier: Apache-2.0
#include "ptx/race_shadow.h"

#include <algorithm>
#include <bit>

#include "ptx/program.h"

namespace fitest::ptx {

RaceCell* CellPool::take() {
  const std::lock_guard lock(mutex_);
  const std::size_t chunk = used_ / kLinesPerChunk;
  if (chunk == chunks_.size()) {
    chunks_.push_back(std::make_unique<RaceCell[]>(kLinesPerChunk * kLineCells));
  }
  RaceCell* cells = chunks_[chunk].get() + used_ % kLinesPerChunk * kLineCells;
  std::fill_n(cells, kLineCells, RaceCell{});
  ++used_;
  return cells;
}

void CellPool::clear() {
  used_ = 0;
}

namespace {

// What a line's record says of one lane's bytes of a cell, from `byte` of the cell on.
AccessRecord cell_record(const LineRecord& line, std::uint64_t cell, std::uint64_t byte) {
  AccessRecord record;
  const std::uint64_t bytes = line.bytes >> (cell * kCellBytes) & 0xF;
  const bool many = (line.flags & kAccessManyLanes) != 0;
  const std::uint64_t share =
      many ? kCellBytes : std::min(kCellBytes, std::uint64_t{1} << line.shift);
  record.bytes = static_cast<std::uint8_t>(bytes & byte_bits(byte, share));
  if (record.bytes == 0) return record;
  const int lane =
      many ? line.lane : line.lane + static_cast<int>((cell * kCellBytes + byte) >> line.shift);
  record.block = line.block;
  record.tick = line.tick;
  record.pc = line.pc;
  record.thread = static_cast<std::uint16_t>(line.warp * kLanes + lane);
  record.flags = line.flags;
  return record;
}

std::uint64_t share_of(const LineRecord& line) {
  return (line.flags & kAccessManyLanes) != 0
             ? kCellBytes
             : std::min(kCellBytes, std::uint64_t{1} << line.shift);
}

// Of lanes that share a cell, the last one counts as its writer; readers fill both places.
void fill_cell(RaceCell& cell, const RaceLine& line, std::uint64_t index) {
  for (std::uint64_t byte = 0; byte < kCellBytes; byte += share_of(line.writer)) {
    const AccessRecord record = cell_record(line.writer, index, byte);
    if (record.bytes != 0) cell.writer = record;
  }
  std::size_t next = 0;
  for (const LineRecord& reader : line.readers) {
    for (std::uint64_t byte = 0; byte < kCellBytes; byte += share_of(reader)) {
      const AccessRecord record = cell_record(reader, index, byte);
      if (record.bytes != 0 && next < cell.readers.size()) cell.readers[next++] = record;
    }
  }
}

}  // namespace

void expand(RaceLine& line, CellPool& pool) {
  line.cells = pool.take();
  for (std::uint64_t i = 0; i < kLineCells; ++i) fill_cell(line.cells[i], line, i);
  line.writer = LineRecord{};
  line.readers = {};
}

LaneRun first_run(const std::uint64_t* address, std::uint32_t bytes, std::uint32_t lanes) {
  LaneRun run;
  run.first = std::countr_zero(lanes);
  const std::uint32_t rest = lanes >> run.first;
  const int most = rest == kAllLanes ? kLanes : std::countr_one(rest);
  if (most < 2) return run;
  const std::uint64_t* at = address + run.first;
  run.same = at[1] == at[0];
  const std::uint64_t step = run.same ? 0 : bytes;
  std::uint64_t bent = 0;
  for (int i = 1; i < most; ++i) bent |= at[i] ^ (at[0] + static_cast<std::uint64_t>(i) * step);
  if (bent == 0) {
    run.count = most;
    return run;
  }
  while (run.count < most && at[run.count] == at[run.count - 1] + step) ++run.count;
  if (run.count == 1) run.same = false;
  return run;
}

}  // namespace fitest::ptx
