// SPDX-License-Identifier: Apache-2.0
#include "document/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "document/document.h"

namespace fitest {

bool TreeBuilder::begin(Value container, SourceRange range) {
  if (frames_.size() >= kMaxDocumentDepth) {
    diagnostics_.error(source_, range,
                       fmt::format("nested deeper than {} levels", kMaxDocumentDepth));
    return false;
  }
  container.set_location(source_, range);
  frames_.push_back({std::move(container), {}, {}, false});
  return true;
}

void TreeBuilder::key(std::string name, SourceRange range) {
  Frame& frame = frames_.back();
  frame.key = std::move(name);
  frame.key_range = range;
  frame.has_key = true;
}

const Value& TreeBuilder::add(Value value, SourceRange range) {
  value.set_location(source_, range);
  return attach(std::move(value));
}

const Value& TreeBuilder::end(std::size_t end_offset) {
  Value container = std::move(frames_.back().container);
  frames_.pop_back();
  container.set_location(source_, {container.range().begin, end_offset});
  if (container.is_object()) {
    check_duplicates(container.object());
    if (merge_keys_) merge(container.object());
  }
  return attach(std::move(container));
}

bool TreeBuilder::expects_key() const {
  return !frames_.empty() && frames_.back().container.is_object() && !frames_.back().has_key;
}

const Value& TreeBuilder::attach(Value value) {
  if (frames_.empty()) {
    root_ = std::move(value);
    has_root_ = true;
    return root_;
  }
  Frame& frame = frames_.back();
  if (frame.container.is_array()) return frame.container.array().emplace_back(std::move(value));
  value.set_key_range(frame.key_range);
  frame.has_key = false;
  return frame.container.object().emplace_back(std::move(frame.key), std::move(value)).second;
}

void TreeBuilder::check_duplicates(const Value::Object& members) {
  std::vector<const Value::Member*> sorted;
  sorted.reserve(members.size());
  for (const Value::Member& member : members) sorted.push_back(&member);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->first < b->first; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->first != sorted[i - 1]->first) continue;
    const LineColumn first = source_->position(sorted[i - 1]->second.key_range().begin);
    diagnostics_.error(source_, sorted[i]->second.key_range(),
                       fmt::format("the key \"{}\" occurs twice; the first is on line {}",
                                   sorted[i]->first, first.line));
  }
}

void TreeBuilder::merge(Value::Object& members) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [](const Value::Member& member) { return member.first == "<<"; });
  if (found == members.end()) return;
  const Value merged = std::move(found->second);
  members.erase(found);
  if (!merged.is_array()) {
    merge_from(members, merged);
    return;
  }
  for (const Value& mapping : merged.array()) merge_from(members, mapping);
}

void TreeBuilder::merge_from(Value::Object& members, const Value& mapping) {
  if (!mapping.is_object()) {
    diagnostics_.error(
        source_, mapping.range(),
        fmt::format("the merge key << needs a mapping, found {}", describe(mapping.type())));
    return;
  }
  for (const Value::Member& member : mapping.object()) {
    const bool present = std::any_of(members.begin(), members.end(), [&](const auto& existing) {
      return existing.first == member.first;
    });
    if (!present) members.push_back(member);
  }
}

}  // namespace fitest
