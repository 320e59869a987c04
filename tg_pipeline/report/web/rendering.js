"use strict";
// Writes what sections/overview.py writes, of what a reader selects.
const tgRendering = (() => {
  const { BOT, NONE, PEOPLE, compare, share, sum } = tgCounting;
  const HEAT_STEPS = 5, FEW_CASES = 30;
  const NO_VALUE = "–", SEPARATOR = "; ";
  let facts, texts, locale, plurals, integers;

  const element = (id) => document.getElementById(id);

  const load = (loaded) => {
    facts = loaded;
    ({ texts, locale } = loaded);
    plurals = new Intl.PluralRules(locale);
    integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  };

  const number = (value) => integers.format(value);

  const percent = (value) => {
    const digits = value > 0 && value < 0.01 ? 1 : 0;
    return new Intl.NumberFormat(locale, {
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      roundingMode: "halfEven",
    }).format(value);
  };

  const fill = (template, values) =>
    template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const nounOf = (value, noun) =>
    (value === 0 && noun.zero) || noun[plurals.select(value)] || noun.other;
  const count = (value, noun) => `${number(value)}\u00a0${nounOf(value, texts.nouns[noun])}`;
  const cases = ({ part, whole }) =>
    fill(texts.page.cases, { part: number(part), whole: number(whole) });

  const shareText = (found) => {
    if (found.value === null) return NO_VALUE;
    const text = percent(found.value);
    return found.whole < FEW_CASES ? `${text} (${cases(found)})` : text;
  };

  const twoUnits = (large, unit, small, smallerUnit) =>
    `${large}\u00a0${unit}${small ? ` ${small}\u00a0${smallerUnit}` : ""}`;

  const duration = (seconds) => {
    const below = Math.floor(seconds);
    const isEven = below % 2 === 0;
    const whole = seconds - below === 0.5 ? below + (isEven ? 0 : 1) : Math.round(seconds);
    const [minutes, hours, days] = [60, 3600, 86400].map((unit) => Math.floor(whole / unit));
    if (whole < 60) return `${whole}\u00a0s`;
    if (whole < 3600) return twoUnits(minutes, "min", whole % 60, "s");
    if (whole < 86400) return twoUnits(hours, "h", minutes % 60, "min");
    return count(days, "day") + (hours % 24 ? ` ${hours % 24}\u00a0h` : "");
  };

  const hoursRange = (hour) => fill(texts.hour.range, { first: hour, last: hour + 1 });
  const slotText = (slot) => fill(texts.slot, {
    weekday: texts.hour.weekdays[Math.floor(slot / 24)], hours: hoursRange(slot % 24),
  });

  // Users' texts are set as text content, never as markup.
  const node = (tag, style, ...children) => {
    const made = document.createElement(tag);
    if (style) made.className = style;
    made.append(...children);
    return made;
  };

  const userText = (text, language) => {
    const made = node("bdi", "", text);
    if (language) made.lang = language;
    return made;
  };

  // Fills in a template whose values may be elements.
  const sentence = (template, values) => {
    const made = document.createDocumentFragment();
    for (const [place, part] of template.split(/\{(\w+)\}/).entries()) {
      made.append(place % 2 ? values[part] : part);
    }
    return made;
  };

  const joined = (parts, separator) => {
    const made = document.createDocumentFragment();
    for (const [place, part] of parts.entries()) made.append(...(place ? [separator] : []), part);
    return made;
  };

  const named = ({ text, language }) => userText(text ?? "", language);

  const chatName = (chat) => {
    if (chat === facts.privateChat) return texts.private_chats;
    if (chat === facts.otherChats) return texts.other_chats;
    const name = facts.chats[chat][0];
    return name ? userText(name) : texts.page.no_name;
  };

  const personName = (person) => {
    if (person >= facts.people.length) return texts.other_person;
    return facts.people[person] ? userText(facts.people[person]) : texts.page.no_name;
  };

  const before = (text) => fill(texts.before, { previous: text });

  const leadElsewhere = (current, found) =>
    fill(current.private.seen ? texts.lead_elsewhere : texts.lead_answered, { share: found });

  const lead = ({ current, topics, isPerson }) => {
    const { private: inPrivate, elsewhere } = current;
    const when = isPerson ? texts.lead_asks : texts.lead_when;
    const nothing = isPerson ? texts.lead_nothing_asked : texts.lead_nothing;
    const clauses = [sum(current.written) ? fill(when, { when: slotText(current.peak) }) : nothing];
    if (topics.length) {
      const [{ topic, questions }] = topics;
      const name = named(facts.topics[topic]);
      clauses.push(sentence(texts.lead_what, { name, times: count(questions, "time") }));
    } else if (facts.hasTexts && current.questions) {
      clauses.push(fill(texts.no_topics, { questions: count(current.questions, "question") }));
    } else if (facts.hasTexts && !isPerson) clauses.push(texts.lead_no_questions);
    if (inPrivate.seen) {
      clauses.push(fill(texts.lead_private, { share: shareText(inPrivate.answered) }));
    }
    if (elsewhere.seen) {
      const isKnown = isPerson || current.isClear;
      clauses.push(leadElsewhere(current, isKnown ? shareText(elsewhere.answered) : texts.unclear));
    }
    if (current.unseen && !inPrivate.seen && !elsewhere.seen) clauses.push(texts.lead_unseen);
    return joined([joined(clauses, SEPARATOR), "."], "");
  };

  const line = (style, text) => node("span", style, text);

  const change = (compared) => {
    const text = shareText(compared.placebo);
    if (!compared.isDistinct) return line("note", before(text));
    const trend = compared.isHigher ? "up" : "down";
    return line(`change ${trend}`, fill(texts[trend], { previous: text }));
  };

  const ofAll = ({ part, value }, whole) =>
    fill(texts.of_all, { part: number(part), whole, share: percent(value) });

  const tied = (others, noun) =>
    others ? [line("note", fill(texts.tied, { others: count(others, noun) }))] : [];

  const whenLines = ({ current, previous, isPerson }) => {
    const total = sum(current.written);
    if (!total) return [line("value", NO_VALUE)];
    const whole = count(total, isPerson ? "question" : "message");
    const most = share(current.written[current.peak], total);
    const lines = [line("value", slotText(current.peak)), line("label", ofAll(most, whole))];
    const asBusy = current.written.filter((written) => written === most.part).length - 1;
    lines.push(...tied(asBusy, "other_hour"));
    if (previous && sum(previous.written)) lines.push(line("note", before(slotText(previous.peak))));
    return lines;
  };

  const whatLines = ({ current, previous, topics }) => {
    const whole = count(current.questions, "question");
    if (!facts.hasTexts) return [line("value", NO_VALUE), line("label", texts.noTexts)];
    if (!topics.length) {
      const label = current.questions
        ? fill(texts.no_topics, { questions: whole }) : texts.nothing_asked;
      return [line("value", NO_VALUE), line("label", label)];
    }
    const { topic, questions } = topics[0];
    const now = share(questions, current.questions);
    const lines = [
      line("value users", named(facts.topics[topic])),
      line("label", ofAll(now, whole)),
    ];
    const asOften = [...current.topics].filter(
      ([place, all]) => place !== NONE && place !== topic && all.length === questions);
    lines.push(...tied(asOften.length, "other_topic"));
    if (previous?.questions) {
      const then = share((previous.topics.get(topic) ?? []).length, previous.questions);
      lines.push(change(compare(now, then)));
    }
    return lines;
  };

  const privateLines = ({ current, previous }) => {
    const { answered, again, fallback } = current.private;
    const lines = [
      line("value figure", shareText(answered)),
      line("label", texts.private),
    ];
    if (previous?.private.seen) lines.push(change(compare(answered, previous.private.answered)));
    if (again.whole) lines.push(line("note", fill(texts.again, { share: shareText(again) })));
    if (fallback.part) {
      lines.push(line("note", fill(texts.fallback, { share: percent(fallback.value) })));
    }
    return lines;
  };

  const elsewhereLines = ({ current, previous }) => {
    const { test, elsewhere: { answered, unknown } } = current;
    const label = line("label", current.private.seen ? texts.elsewhere : texts.answered);
    const figure = shareText(answered);
    const placebo = test && shareText(test.placebo);
    if (test && !test.isDistinct) {
      const note = test.hasEnough ? texts.no_difference_placebo : texts.too_few;
      return [line("value figure", NO_VALUE), label, line("note", fill(note, { figure, placebo }))];
    }
    const lines = [line("value figure", figure), label];
    if (previous?.elsewhere.seen && (!test || previous.isClear)) {
      lines.push(change(compare(answered, previous.elsewhere.answered)));
    }
    lines.push(line("note", fill(texts.unknown, { share: percent(unknown.value) })));
    if (test) lines.push(line("note", fill(texts.placebo, { figure: placebo })));
    return lines;
  };

  const withoutIssues = ({ questions }) => {
    if (questions) return [line("label", texts.no_new_issue)];
    return facts.hasTexts ? [line("label", texts.nothing_asked)] : [];
  };

  const helpLines = (overview) => {
    const { private: inPrivate, elsewhere, unseen } = overview.current;
    const lines = [];
    if (!inPrivate.seen && !elsewhere.seen) {
      lines.push(line("value", NO_VALUE));
      if (!unseen) lines.push(...withoutIssues(overview.current));
    }
    if (inPrivate.seen) lines.push(...privateLines(overview));
    if (elsewhere.seen) lines.push(...elsewhereLines(overview));
    if (unseen) lines.push(line("note", fill(texts.unseen, { issues: count(unseen, "issue") })));
    return lines;
  };

  const whoLines = ({ current, askers, askersTied }) => {
    if (!askers.length) {
      const isSilent = facts.hasTexts && !current.questions;
      const label = isSilent ? [line("label", texts.nothing_asked)] : [];
      return [line("value", NO_VALUE), ...label];
    }
    const whole = count(current.questions, "question");
    return [
      line("value users", personName(askers[0].person)),
      line("label", ofAll(share(askers[0].questions, current.questions), whole)),
      ...tied(askersTied, "other_person"),
    ];
  };

  const verdict = (compared) => {
    if (compared.isDistinct) return compared.isHigher ? texts.better : texts.worse;
    return compared.hasEnough ? texts.no_difference : texts.few_cases;
  };

  const bothShares = (compared) =>
    ({ now: shareText(compared.figure), before: shareText(compared.placebo) });

  const isElsewhereKnown = ({ current, isPerson }) => isPerson || current.isClear;

  // What the last week is compared in: each share that both weeks have.
  const changes = ([now, then]) => ["private", "elsewhere"]
    .filter((kind) => now[kind].seen && then[kind].seen)
    .map((kind) => [kind, compare(now[kind].answered, then[kind].answered)]);

  const weekLabel = (week) => facts.weeks[(week.first - facts.monday) / 7];

  const changeLines = (overview) => {
    const { current, lastWeeks } = overview;
    if (!lastWeeks) return [line("value", NO_VALUE), line("label", texts.no_weeks)];
    if (!facts.hasTexts) return [line("value", NO_VALUE)];
    const templates = {
      private: texts.change_private,
      elsewhere: current.private.seen ? texts.change_elsewhere : texts.change_answered,
    };
    let shown = null;
    const lines = changes(lastWeeks).flatMap(([kind, compared]) => {
      const isKnown = kind === "private" || isElsewhereKnown(overview);
      const found = isKnown ? verdict(compared) : NO_VALUE;
      const text = isKnown
        ? fill(templates[kind], bothShares(compared)) : leadElsewhere(current, texts.unclear);
      const value = found === shown ? [] : [line("value figure", found)];
      shown = found;
      return [...value, line("label", text)];
    });
    if (!lines.length) lines.push(line("value figure", NO_VALUE));
    const [now, then] = lastWeeks;
    return [...lines, line("note", fill(texts.change_questions, {
      week: weekLabel(now), now: count(now.questions, "question"), before: number(then.questions),
    }))];
  };

  const slowLines = ({ slowest }) => slowest ? [
    line("value users", chatName(slowest.chat)),
    line("label", fill(texts.half_longer, { median: duration(slowest.seconds) })),
  ] : [line("value", NO_VALUE), line("label", texts.no_slowest)];

  const tableRow = (cells) => {
    const row = node("tr");
    for (const [place, cell] of cells.entries()) row.append(node("td", place ? "number" : "", cell));
    return row;
  };

  const words = (title, counts, named_, others) => {
    const heads = [title, texts.times].map((text) => node("th", "", text));
    for (const head of heads) head.scope = "col";
    heads[1].className = "number";
    const list = counts.map(({ place, questions }) =>
      tableRow([place === NONE ? others : named(named_[place]), number(questions)]));
    return node(
      "table", "", node("thead", "", node("tr", "", ...heads)), node("tbody", "", ...list));
  };

  const topicDetails = ({ topic, questions, issues, groups, wordings }) => {
    const summary = node(
      "summary", "", node("span", "name", topic === NONE ? texts.other_questions : named(facts.topics[topic])),
      node("span", "times", number(questions)));
    const without = sum(issues.counts) ? texts.topic_unseen : texts.no_new_issue;
    const answered = issues.seen ? fill(texts.topic_answered, {
      answered: cases(issues.answered),
      bot: number(issues.counts[BOT]),
      people: number(issues.counts[PEOPLE]),
      unknown: number(issues.unknown.part),
    }) : without;
    const lists = [words(texts.wordings, wordings, facts.wordings, texts.other_wordings)];
    if (groups.length > 1) lists.unshift(words(texts.groups, groups, facts.groups, texts.no_group));
    return node("details", "topic", summary, node("p", "detail", answered), ...lists);
  };

  const topicsNote = ({ current }) =>
    !current.questions && facts.hasTexts ? texts.nothing_asked : "";

  const noQuestions = () => facts.hasTexts ? texts.nothing_asked : texts.noTexts;

  const hoursFinding = ({ current, isPerson }) => {
    const total = sum(current.written);
    if (!total) return isPerson ? noQuestions() : texts.hour.nothing;
    const most = current.written[current.peak];
    return fill(texts.hour.finding, {
      weekday: texts.hour.weekdays[Math.floor(current.peak / 24)],
      hours: hoursRange(current.peak % 24),
      messages: count(most, isPerson ? "question" : "message"),
      share: shareText(share(most, total)),
    });
  };

  const showHours = ({ current, isPerson }) => {
    const most = Math.max(...current.written);
    for (const [place, cell] of element("hours-rows").querySelectorAll("td").entries()) {
      const written = current.written[place];
      cell.className = `h${most ? Math.ceil(HEAT_STEPS * written / most) : 0}`;
      cell.firstChild.textContent = number(written);
    }
    element("hours-caption").textContent = isPerson ? texts.hours_asked : texts.hours_caption;
  };

  const trend = (overview) => {
    const { current, lastWeeks } = overview;
    if (!lastWeeks) return texts.no_weeks;
    if (!facts.hasTexts) return texts.noTexts;
    const [now, then] = lastWeeks;
    const templates = {
      private: texts.trend_private,
      elsewhere: current.private.seen ? texts.trend_elsewhere : texts.trend_answered,
    };
    const unclear = current.private.seen
      ? texts.trend_elsewhere_unclear : texts.trend_answered_unclear;
    const questions = fill(texts.trend, {
      week: weekLabel(now), now: count(now.questions, "question"), before: number(then.questions),
    });
    const sentences = changes(lastWeeks).map(([kind, compared]) =>
      kind === "elsewhere" && !isElsewhereKnown(overview) ? unclear
        : fill(templates[kind], { ...bothShares(compared), verdict: verdict(compared) }));
    return [questions, ...sentences].join(" ");
  };

  const weekRow = (week) => {
    const label = weekLabel(week);
    return tableRow([
      week.isComplete ? label : fill(texts.page.incomplete, { when: label }),
      number(week.questions),
      ...facts.answeredPlaces.map((place) => shareText(week[place].answered)),
    ]);
  };

  const chatRow = (row) => tableRow([
    chatName(row.chat),
    number(row.messages),
    number(row.people),
    number(row.questions),
    shareText(row.issues.answered),
    row.seconds === null ? NO_VALUE : duration(row.seconds),
  ]);

  const askerRow = (row) => tableRow(
    [personName(row.person), number(row.questions), shareText(row.issues.answered)]);

  const replace = (id, ...children) => element(id).replaceChildren(...children);

  const TILES = {
    when: whenLines,
    what: whatLines,
    who: whoLines,
    slow: slowLines,
    change: changeLines,
    help: helpLines,
  };

  const isEmpty = ({ chats }) => chats.length === 0;

  const show = (overview) => {
    const { current, topics, otherQuestions, slowest } = overview;
    element("overview").hidden = isEmpty(overview);
    replace("lead", isEmpty(overview) ? texts.nothing_selected : lead(overview));
    for (const [name, lines] of Object.entries(TILES)) {
      element(`tile-${name}`)?.replaceChildren(joined(lines(overview), " "));
    }
    replace("tile-when-title", overview.isPerson ? texts.when_asked : texts.when);
    replace("topics-list", ...[...topics, ...otherQuestions].map(topicDetails));
    replace("topics-note", topicsNote(overview));
    const { smallTalk } = current;
    const template = smallTalk ? texts.small_talk : "";
    replace("small-talk-note", fill(template, { number: number(smallTalk) }));
    replace("hours-finding", hoursFinding(overview));
    showHours(overview);
    replace("weeks-finding", trend(overview));
    replace("weeks-rows", ...[...overview.weeks].reverse().map(weekRow));
    replace("chats-finding", slowest ? sentence(texts.slowest, {
      chat: chatName(slowest.chat), median: duration(slowest.seconds),
    }) : texts.no_slowest);
    replace("chats-rows", ...overview.chats.map(chatRow));
    const leftOut = overview.chatsLeftOut;
    replace("chats-note", leftOut ? fill(texts.chats_left_out, { number: number(leftOut) }) : "");
    const people = count(overview.peopleWhoAsked, "person");
    replace("askers-finding", facts.hasTexts ? fill(texts.askers, { people }) : texts.noTexts);
    replace("askers-rows", ...overview.askers.map(askerRow));
  };

  // What a screen reader says of a selection.
  const announce = (overview) => {
    const { current, isPerson } = overview;
    const questions = count(current.questions, "question");
    const messages = count(sum(current.written), "message");
    const template = isPerson ? texts.shown_questions : texts.shown;
    replace("shown", isEmpty(overview) ? texts.nothing_selected : fill(template, { messages, questions }));
  };

  return { announce, element, load, replace, show };
})();
