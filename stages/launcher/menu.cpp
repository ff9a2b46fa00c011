#include "launcher/menu.h"

#include "launcher/text.h"

namespace remedia::launcher {
namespace {

class Builder {
 public:
  Builder(const Policy& policy, const MenuFacts& facts) : policy_(policy), facts_(facts) {}

  std::vector<MenuItem> build() {
    own_items();
    std::vector<std::string> groups;
    for (const Tool& tool : policy_.tools) {
      bool known = false;
      for (const std::string& group : groups) known = known || group == tool.group;
      if (!known) groups.push_back(tool.group);
    }
    for (const std::string& group : groups) {
      for (std::size_t i = 0; i < policy_.tools.size(); ++i) {
        if (policy_.tools[i].group == group) items_.push_back(tool_item(i));
      }
    }
    return std::move(items_);
  }

 private:
  std::string text(Text text, std::initializer_list<Value> values = {}) const {
    return say(policy_.language, text, values);
  }

  void own_items() {
    bool wanted = false;
    for (const Tool& tool : policy_.tools) wanted = wanted || tool.needs_windows;
    if (wanted) {
      own(ItemKind::windows, Text::windows_title, Text::windows_description, Risk::low,
          facts_.windows_found ? "" : text(Text::no_windows_found));
    }
    if (policy_.bitlocker) {
      own(ItemKind::bitlocker, Text::bitlocker_title, Text::bitlocker_description, Risk::data,
          facts_.read_only ? text(Text::why_expired) : "");
    }
    if (!policy_.remote_agent.empty()) {
      own(ItemKind::remote, Text::remote_title, Text::remote_description, Risk::high,
          why_not_remote());
      if (!policy_.remote_title.empty()) items_.back().title = policy_.remote_title;
    }
  }

  std::string why_not_remote() const {
    if (facts_.remote_running) return {};  // shows the ticket again
    if (facts_.read_only) return text(Text::why_expired);
    if (!policy_.network) return text(Text::why_no_network);
    if (!facts_.network_up) return text(Text::why_network_down);
    return {};
  }

  void own(ItemKind kind, Text title, Text description, Risk risk, std::string why_not) {
    MenuItem item;
    item.kind = kind;
    item.title = text(title);
    item.description = text(description);
    item.group = text(Text::own_group);
    item.risk = risk;
    item.enabled = why_not.empty();
    item.why_not = std::move(why_not);
    items_.push_back(std::move(item));
  }

  MenuItem tool_item(std::size_t index) const {
    const Tool& tool = policy_.tools[index];
    MenuItem item;
    item.tool = index;
    item.title = tool.title;
    item.description = tool.description;
    item.group = tool.group;
    item.risk = tool.risk;
    item.why_not = why_not(index);
    item.enabled = item.why_not.empty();
    return item;
  }

  // The reason that nobody can do anything about comes first.
  std::string why_not(std::size_t index) const {
    const Tool& tool = policy_.tools[index];
    if (at(facts_.file_missing, index)) {
      return text(Text::why_missing, {{"file", tool.file}});
    }
    if (facts_.read_only && tool.risk != Risk::low) return text(Text::why_expired);
    if (tool.needs_network && !policy_.network) return text(Text::why_no_network);
    if (tool.needs_network && !facts_.network_up) return text(Text::why_network_down);
    if (tool.needs_windows && !facts_.windows_found) return text(Text::no_windows_found);
    if (tool.needs_windows && !facts_.windows_chosen) return text(Text::why_no_windows);
    if (at(facts_.running, index)) return text(Text::why_running);
    return {};
  }

  static bool at(const std::vector<bool>& flags, std::size_t index) {
    return index < flags.size() && flags[index];
  }

  const Policy& policy_;
  const MenuFacts& facts_;
  std::vector<MenuItem> items_;
};

}  // namespace

std::vector<MenuItem> make_menu(const Policy& policy, const MenuFacts& facts) {
  return Builder(policy, facts).build();
}

std::string risk_name(Language language, Risk risk) {
  switch (risk) {
    case Risk::low:
      return say(language, Text::risk_low);
    case Risk::data:
      return say(language, Text::risk_data);
    case Risk::high:
      return say(language, Text::risk_high);
    case Risk::destructive:
      return say(language, Text::risk_destructive);
  }
  return {};
}

Question question_before(Confirm confirm, Risk risk) {
  if (risk == Risk::destructive) return Question::typed;
  if (confirm == Confirm::all) return Question::plain;
  if (confirm == Confirm::high && risk == Risk::high) return Question::plain;
  return Question::none;
}

bool is_confirmed(std::string_view typed, std::string_view title, Language language) {
  const std::string_view said = trimmed(typed);
  return same_ascii(said, trimmed(title)) || same_ascii(said, say(language, Text::confirm_word));
}

}  // namespace remedia::launcher
