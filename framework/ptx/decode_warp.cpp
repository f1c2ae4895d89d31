// SPDX-License-Identifier: Apache-2.0
// Shuffles, votes, matches, reductions of a warp.
#include <optional>
#include <utility>

#include "ptx/chapters.h"
#include "ptx/exec_warp.h"
#include "ptx/modifiers.h"

namespace fitest::ptx {
namespace {

// The value that belongs to the first modifier found in the table.
template <class T, std::size_t N>
T choose(const Decoder& decoder, const std::pair<const char*, T> (&table)[N]) {
  for (const auto& [name, value] : table) {
    if (has_modifier(decoder.instruction(), name)) return value;
  }
  throw Unsupported{"this form of the instruction"};
}

// d or d|p.
struct Results {
  Ref d = kNoRef;
  Ref p = kNoRef;
};

Results read_results(Decoder& decoder) {
  const Operand& target = decoder.operand(0);
  if (target.kind != OperandKind::Pair) return {decoder.destination(target, 'w'), kNoRef};
  return {decoder.destination(target.elements.at(0), 'w'),
          decoder.destination(target.elements.at(1), 'p')};
}

void require_sync(const Decoder& decoder) {
  if (!has_modifier(decoder.instruction(), "sync"))
    throw Unsupported{"warp instructions without .sync"};
}

}  // namespace

void decode_warp_barrier(Decoder& decoder) {
  const Ref members = decoder.source(decoder.operand(0), 'w');
  decoder.emit(&warp_barrier).e = members;
}

// shfl.sync.mode.b32 d[|p], a, b, c, membermask
void decode_shuffle(Decoder& decoder) {
  static constexpr std::pair<const char*, ShuffleMode> modes[] = {
      {"up", ShuffleMode::Up},
      {"down", ShuffleMode::Down},
      {"bfly", ShuffleMode::Butterfly},
      {"idx", ShuffleMode::Index},
  };
  require_sync(decoder);
  const Ref a = decoder.source(decoder.operand(1), 'w');
  const Ref b = decoder.source(decoder.operand(2), 'w');
  const Ref c = decoder.source(decoder.operand(3), 'w');
  const Ref members = decoder.source(decoder.operand(4), 'w');
  const Results results = read_results(decoder);
  Op& op = decoder.emit(&shuffle);
  op.a = a;
  op.b = b;
  op.c = c;
  op.d = results.d;
  op.e = members;
  op.list = results.p;
  op.aux = static_cast<std::uint32_t>(choose(decoder, modes));
}

// vote.sync.mode.pred d, [!]a, membermask; vote.sync.ballot.b32 d, [!]a, membermask
void decode_vote(Decoder& decoder) {
  static constexpr std::pair<const char*, VoteMode> modes[] = {
      {"all", VoteMode::All},
      {"any", VoteMode::Any},
      {"uni", VoteMode::Uniform},
      {"ballot", VoteMode::Ballot},
  };
  require_sync(decoder);
  const VoteMode mode = choose(decoder, modes);
  const Ref a = decoder.source(decoder.operand(1), 'p');
  const Ref members = decoder.source(decoder.operand(2), 'w');
  const Ref d = decoder.destination(decoder.operand(0), mode == VoteMode::Ballot ? 'w' : 'p');
  Op& op = decoder.emit(&vote);
  op.a = a;
  op.d = d;
  op.e = members;
  op.aux = static_cast<std::uint32_t>(mode);
}

// match.any.sync.type d, a, membermask; match.all.sync.type d[|p], a, membermask
void decode_match(Decoder& decoder) {
  const bool wide = has_modifier(decoder.instruction(), "b64");
  const bool all = has_modifier(decoder.instruction(), "all");
  const Ref a = decoder.source(decoder.operand(1), wide ? 'l' : 'w');
  const Ref members = decoder.source(decoder.operand(2), 'w');
  const Results results = read_results(decoder);
  const Handler any_handler = wide ? &match_any64 : &match_any32;
  const Handler all_handler = wide ? &match_all64 : &match_all32;
  Op& op = decoder.emit(all ? all_handler : any_handler);
  op.a = a;
  op.d = results.d;
  op.e = members;
  op.list = results.p;
}

// redux.sync.op.type d, a, membermask
void decode_redux(Decoder& decoder) {
  static constexpr std::pair<const char*, WarpReduction> reductions[] = {
      {"add", WarpReduction::Add}, {"min", WarpReduction::Min}, {"max", WarpReduction::Max},
      {"and", WarpReduction::And}, {"or", WarpReduction::Or},   {"xor", WarpReduction::Xor},
  };
  if (has_modifier(decoder.instruction(), "f32")) throw Unsupported{"redux of floats"};
  WarpReduction how = choose(decoder, reductions);
  if (has_modifier(decoder.instruction(), "s32")) {
    if (how == WarpReduction::Min) how = WarpReduction::SignedMin;
    if (how == WarpReduction::Max) how = WarpReduction::SignedMax;
  }
  const Ref a = decoder.source(decoder.operand(1), 'w');
  const Ref members = decoder.source(decoder.operand(2), 'w');
  const Ref d = decoder.destination(decoder.operand(0), 'w');
  Op& op = decoder.emit(&reduce);
  op.a = a;
  op.d = d;
  op.e = members;
  op.aux = static_cast<std::uint32_t>(how);
}

void decode_active_mask(Decoder& decoder) {
  const Ref d = decoder.destination(decoder.operand(0), 'w');
  decoder.emit(&active_mask).d = d;
}

// elect.sync d|p, membermask
void decode_elect(Decoder& decoder) {
  const Ref members = decoder.source(decoder.operand(1), 'w');
  const Results results = read_results(decoder);
  if (results.p == kNoRef) throw Unsupported{"elect without a predicate"};
  Op& op = decoder.emit(&elect);
  op.d = results.d;
  op.e = members;
  op.list = results.p;
}

}  // namespace fitest::ptx
