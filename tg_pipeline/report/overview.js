"use strict";
// Counts the facts that a reader selects, as overview.py does, and writes what sections/overview.py
// writes. Until something is selected, the page stays as it came.
(() => {
  const NONE = -1;
  const [BOT, PEOPLE, UNKNOWN, UNSEEN, FALLBACK] = [0, 1, 3, 4, 5];
  const WEEK_SLOTS = 7 * 24;
  const HEAT_STEPS = 5;
  const TOP = { topics: 10, wordings: 8, chats: 20, askers: 10 };
  const MIN_ANSWERS = 10, FEW_CASES = 30, MIN_EXPECTED = 5, Z_LIMIT = 1.959963984540054;
  const NO_VALUE = "–", SEPARATOR = "; ";
  let facts, texts, locale, plurals, integers;

  const element = (id) => document.getElementById(id);

  // Facts

  const unpack = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  };

  const rows = (columns, ...names) =>
    (columns[0] ?? []).map((_, place) =>
      Object.fromEntries(names.map((name, column) => [name, columns[column][place]])));

  const load = (data) => {
    facts = {
      ...data,
      messages: rows(data.messages, "day", "slot", "chat", "messages"),
      peopleDays: rows(data.peopleDays, "day", "chat", "person", "messages"),
      questions: rows(data.questions, "day", "slot", "chat", "person", "wording"),
      issues: rows(
        data.issues, "day", "chat", "person", "topic", "isPrivate", "outcome", "again", "seconds"),
      smallTalk: rows(data.smallTalk, "day", "chat", "person", "messages"),
      placebos: rows(
        data.placebos, "day", "chat", "singles", "answeredSingles", "placebos", "answeredPlacebos"),
      topics: rows(data.topics, "text", "language", "group", "topic"),
      groups: rows(data.groups, "text", "language", "group", "topic"),
      wordings: rows(data.wordings, "text", "language", "group", "topic"),
    };
    ({ texts, locale } = data);
    plurals = new Intl.PluralRules(locale);
    integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  };

  // Counting

  const has = (chosen, row) =>
    chosen.first <= row.day && row.day <= chosen.last &&
    (chosen.chat === NONE || chosen.chat === row.chat) &&
    (chosen.person === NONE || row.person === undefined || chosen.person === row.person);

  const sum = (list, value = (each) => each) =>
    list.reduce((total, each) => total + value(each), 0);

  const grouped = (list, key) => Map.groupBy
    ? Map.groupBy(list, key)
    : list.reduce((map, each) => map.set(key(each), [...(map.get(key(each)) ?? []), each]), new Map());

  const share = (part, whole) => ({ part, whole, value: whole ? part / whole : null });

  const countIssues = (issues) => {
    const counts = [0, 0, 0, 0, 0, 0];
    for (const issue of issues) counts[issue.outcome] += 1;
    const seen = sum(counts) - counts[UNSEEN];
    const answered = share(counts[BOT] + counts[PEOPLE], seen);
    const again = sum(issues, (issue) => issue.again * (issue.outcome <= PEOPLE));
    return {
      counts,
      seen,
      answered,
      again: share(again, answered.part),
      fallback: share(counts[FALLBACK], seen),
      unknown: share(counts[UNKNOWN], seen),
    };
  };

  // A two-proportion z-test.
  const compare = (figure, placebo) => {
    const wholes = figure.whole + placebo.whole;
    const common = wholes ? (figure.part + placebo.part) / wholes : 0;
    const fewest = Math.min(figure.whole, placebo.whole);
    const hasEnough = fewest > 0 && fewest * Math.min(common, 1 - common) >= MIN_EXPECTED;
    const difference = (figure.value ?? 0) - (placebo.value ?? 0);
    const error = Math.sqrt(common * (1 - common) * (1 / figure.whole + 1 / placebo.whole));
    const isDistinct = hasEnough && Math.abs(difference) >= Z_LIMIT * error;
    return { figure, placebo, hasEnough, isDistinct, isHigher: difference > 0 };
  };

  const select = (chosen) => ({
    chosen,
    questions: facts.questions.filter((row) => has(chosen, row)),
    issues: facts.issues.filter((row) => has(chosen, row)),
  });

  const topicOf = (question) => facts.wordings[question.wording].topic;

  const hoursOf = ({ chosen, questions }) => {
    const counts = new Array(WEEK_SLOTS).fill(0);
    if (chosen.person !== NONE) {
      for (const row of questions) counts[row.slot] += 1;
    } else {
      for (const row of facts.messages) if (has(chosen, row)) counts[row.slot] += row.messages;
    }
    return counts;
  };

  const testOf = (chosen, issues) => {
    if (chosen.person !== NONE) return null;
    const chats = new Set(issues.map((issue) => issue.chat));
    const found = facts.placebos.filter((row) => chats.has(row.chat) && has(chosen, row));
    return compare(
      share(sum(found, (row) => row.answeredSingles), sum(found, (row) => row.singles)),
      share(sum(found, (row) => row.answeredPlacebos), sum(found, (row) => row.placebos)),
    );
  };

  const totalsOf = (chosen) => {
    const selected = select(chosen);
    const elsewhere = selected.issues.filter((issue) => !issue.isPrivate);
    const private_ = countIssues(selected.issues.filter((issue) => issue.isPrivate));
    const written = hoursOf(selected);
    const test = testOf(chosen, elsewhere);
    const outside = countIssues(elsewhere);
    const smallTalk = facts.smallTalk.filter((row) => has(chosen, row));
    return {
      written,
      peak: written.indexOf(Math.max(...written)),
      questions: selected.questions.length,
      topics: grouped(selected.questions, topicOf),
      smallTalk: sum(smallTalk, (row) => row.messages),
      private: private_,
      elsewhere: outside,
      unseen: private_.counts[UNSEEN] + outside.counts[UNSEEN],
      test,
      isClear: test !== null && test.isDistinct,
    };
  };

  // Orders by code points, as Python does; < compares the halves of a surrogate pair.
  const byText = (text) => (a, b) => {
    const [first, second] = [text(a) ?? "", text(b) ?? ""];
    const shorter = Math.min(first.length, second.length);
    for (let place = 0; place < shorter; place += 1) {
      const difference = first.codePointAt(place) - second.codePointAt(place);
      if (difference) return difference;
    }
    return first.length - second.length;
  };

  const topTexts = (places, named) => {
    const counts = [...grouped(places, (place) => place)].map(
      ([place, all]) => ({ place, questions: all.length }));
    const known = counts.filter(({ place }) => place !== NONE && named[place].text !== null);
    const alphabetical = byText((row) => named[row.place].text);
    known.sort((a, b) => b.questions - a.questions || alphabetical(a, b) || a.place - b.place);
    const top = known.slice(0, TOP.wordings);
    const rest = places.length - sum(top, (row) => row.questions);
    return rest ? [...top, { place: NONE, questions: rest }] : top;
  };

  const topicsOf = ({ questions, issues }) => {
    const asked = grouped(questions, topicOf);
    asked.delete(NONE);
    const opened = grouped(issues, (issue) => issue.topic);
    const alphabetical = byText(([topic]) => facts.topics[topic].text);
    return [...asked]
      .sort((a, b) => b[1].length - a[1].length || alphabetical(a, b) || a[0] - b[0])
      .slice(0, TOP.topics)
      .map(([topic, all]) => {
        const wordings = all.map((question) => question.wording);
        return {
          topic,
          questions: all.length,
          issues: countIssues(opened.get(topic) ?? []),
          groups: topTexts(wordings.map((place) => facts.wordings[place].group), facts.groups),
          wordings: topTexts(wordings, facts.wordings),
        };
      });
  };

  const medianOf = (issues) => {
    const seconds = issues
      .filter((issue) => issue.outcome === BOT || issue.outcome === PEOPLE)
      .map((issue) => issue.seconds)
      .sort((a, b) => a - b);
    const middle = seconds.length >> 1;
    if (!seconds.length) return null;
    return seconds.length % 2 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  };

  const chatsOf = ({ chosen, questions, issues }) => {
    const active = facts.peopleDays.filter((row) => has(chosen, row));
    const written = chosen.person === NONE ? facts.messages.filter((row) => has(chosen, row)) : active;
    const by = (list) => grouped(list, (row) => row.chat);
    const [messages, people, asked, opened] = [written, active, questions, issues].map(by);
    const chats = new Set([messages, people, asked, opened].flatMap((map) => [...map.keys()]));
    return [...chats].map((chat) => {
      const found = opened.get(chat) ?? [];
      return {
        chat,
        messages: sum(messages.get(chat) ?? [], (row) => row.messages),
        people: new Set((people.get(chat) ?? []).map((row) => row.person)).size,
        questions: (asked.get(chat) ?? []).length,
        issues: countIssues(found),
        seconds: medianOf(found),
      };
    }).sort((a, b) => b.questions - a.questions || b.messages - a.messages || a.chat - b.chat);
  };

  const byWait = (a, b) =>
    (a.seconds === null) - (b.seconds === null) || (b.seconds ?? 0) - (a.seconds ?? 0) ||
    b.questions - a.questions || b.messages - a.messages;

  const askersOf = ({ questions, issues }) => {
    const asked = grouped(questions, (question) => question.person);
    asked.delete(NONE);
    const opened = grouped(issues, (issue) => issue.person);
    const alphabetical = byText(([person]) => facts.people[person]);
    return [...asked]
      .sort((a, b) => b[1].length - a[1].length || alphabetical(a, b) || a[0] - b[0])
      .map(([person, all]) => (
        { person, questions: all.length, issues: countIssues(opened.get(person) ?? []) }));
  };

  const ofDays = (chosen, first, last) => ({ ...chosen, first, last });

  const isCovered = (chosen) =>
    chosen.first >= Math.max(chosen.chat === NONE ? 0 : facts.chats[chosen.chat][1], 0);

  const weekOf = (chosen, first) => {
    const days = ofDays(chosen, Math.max(first, chosen.first), Math.min(first + 6, chosen.last));
    const isComplete =
      chosen.first <= first && first + 6 <= Math.min(chosen.last, facts.lastOver);
    return { first, isComplete, ...totalsOf(days) };
  };

  const weeksOf = (chosen) => {
    const weeks = [];
    const first = chosen.first - ((chosen.first - facts.monday) % 7);
    for (let day = first; day <= chosen.last; day += 7) weeks.push(weekOf(chosen, day));
    return weeks;
  };

  const lastWeeksOf = (chosen, weeks) => {
    const last = weeks.findLast((week) => week.isComplete);
    if (!last) return null;
    const days = ofDays(chosen, last.first - 7, last.first - 1);
    return isCovered(days) ? [last, weekOf(days, days.first)] : null;
  };

  const overviewOf = (chosen) => {
    const selected = select(chosen);
    const days = chosen.last - chosen.first + 1;
    const before = ofDays(chosen, chosen.first - days, chosen.first - 1);
    const [chats, askers] = [chatsOf(selected), askersOf(selected)];
    const weeks = weeksOf(chosen);
    const shown = chats.slice(0, TOP.chats).sort(byWait);
    const compared = shown.filter((row) => row.issues.answered.part >= MIN_ANSWERS);
    return {
      isPerson: chosen.person !== NONE,
      current: totalsOf(chosen),
      previous: isCovered(before) ? totalsOf(before) : null,
      topics: topicsOf(selected),
      chats: shown,
      chatsLeftOut: chats.length - shown.length,
      slowest: compared.length > 1 ? compared[0] : null,
      askers: askers.slice(0, TOP.askers),
      peopleWhoAsked: askers.length,
      weeks,
      lastWeeks: lastWeeksOf(chosen, weeks),
    };
  };

  // Texts

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

  const nounOf = (value, noun) => noun[plurals.select(value)] || noun.other;
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
    return count(days, "day");
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

  const lead = ({ current, topics, isPerson }) => {
    const clauses = [];
    const when = slotText(current.peak);
    if (!sum(current.written)) clauses.push(texts.lead_nothing);
    else clauses.push(fill(isPerson ? texts.lead_asks : texts.lead_when, { when }));
    if (topics.length) {
      const name = named(facts.topics[topics[0].topic]);
      clauses.push(sentence(texts.lead_what, { name, times: count(topics[0].questions, "time") }));
    }
    const { private: inPrivate, elsewhere } = current;
    if (inPrivate.seen) {
      clauses.push(fill(texts.lead_private, { share: shareText(inPrivate.answered) }));
    }
    if (elsewhere.seen && !(isPerson || current.isClear)) clauses.push(texts.lead_unclear);
    else if (elsewhere.seen) {
      const template = inPrivate.seen ? texts.lead_elsewhere : texts.lead_answered;
      clauses.push(fill(template, { share: shareText(elsewhere.answered) }));
    }
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

  const whenLines = ({ current, previous, isPerson }) => {
    const total = sum(current.written);
    if (!total) return [line("value", NO_VALUE)];
    const whole = count(total, isPerson ? "question" : "message");
    const most = share(current.written[current.peak], total);
    const lines = [line("value", slotText(current.peak)), line("label", ofAll(most, whole))];
    if (previous && sum(previous.written)) lines.push(line("note", before(slotText(previous.peak))));
    return lines;
  };

  const whatLines = ({ current, previous, topics }) => {
    const whole = count(current.questions, "question");
    if (!facts.hasTexts) return [line("value", NO_VALUE), line("label", texts.noTexts)];
    if (!topics.length) {
      const label = fill(texts.no_topics, { questions: whole });
      return [line("value", NO_VALUE), line("label", label)];
    }
    const { topic, questions } = topics[0];
    const now = share(questions, current.questions);
    const lines = [
      line("value question", named(facts.topics[topic])),
      line("label", ofAll(now, whole)),
    ];
    if (previous?.questions) {
      const then = share((previous.topics.get(topic) ?? []).length, previous.questions);
      lines.push(change(compare(now, then)));
    }
    return lines;
  };

  const privateLines = ({ current, previous }) => {
    const { answered, again, fallback } = current.private;
    const lines = [
      line("value", percent(answered.value)),
      line("label", fill(texts.private, { cases: cases(answered) })),
    ];
    if (previous?.private.seen) lines.push(change(compare(answered, previous.private.answered)));
    const notes = again.whole ? [fill(texts.again, { share: shareText(again) })] : [];
    notes.push(fill(texts.fallback, { share: percent(fallback.value) }));
    return [...lines, line("note", notes.join(SEPARATOR))];
  };

  const elsewhereLines = ({ current, previous }) => {
    const { test, elsewhere: { answered, unknown } } = current;
    const template = current.private.seen ? texts.elsewhere : texts.answered;
    const label = line("label", fill(template, { cases: cases(answered) }));
    const figure = percent(answered.value);
    const placebo = test && shareText(test.placebo);
    if (test && !test.isDistinct) {
      const note = test.hasEnough ? texts.no_difference_placebo : texts.too_few;
      return [line("value", NO_VALUE), label, line("note", fill(note, { figure, placebo }))];
    }
    const lines = [line("value", figure), label];
    if (previous?.elsewhere.seen && (!test || previous.isClear)) {
      lines.push(change(compare(answered, previous.elsewhere.answered)));
    }
    const notes = [fill(texts.unknown, { share: percent(unknown.value) })];
    if (test) notes.push(fill(texts.placebo, { figure: placebo }));
    return [...lines, line("note", notes.join(SEPARATOR))];
  };

  const helpLines = (overview) => {
    const { private: inPrivate, elsewhere, unseen } = overview.current;
    const lines = [];
    if (!inPrivate.seen && !elsewhere.seen) {
      lines.push(line("value", NO_VALUE));
      if (!unseen) lines.push(line("label", texts.nothing_asked));
    }
    if (inPrivate.seen) lines.push(...privateLines(overview));
    if (elsewhere.seen) lines.push(...elsewhereLines(overview));
    if (unseen) lines.push(line("note", fill(texts.unseen, { issues: count(unseen, "issue") })));
    return lines;
  };

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
      "summary", "", node("span", "name", named(facts.topics[topic])),
      node("span", "times", number(questions)));
    const answered = issues.seen ? fill(texts.topic_answered, {
      answered: cases(issues.answered),
      bot: number(issues.counts[BOT]),
      people: number(issues.counts[PEOPLE]),
      unknown: number(issues.unknown.part),
    }) : texts.topic_unseen;
    const lists = [words(texts.wordings, wordings, facts.wordings, texts.other_wordings)];
    if (groups.length > 1) lists.unshift(words(texts.groups, groups, facts.groups, texts.no_group));
    return node("details", "topic", summary, node("p", "detail", answered), ...lists);
  };

  const hoursFinding = ({ current, isPerson }) => {
    const total = sum(current.written);
    if (!total) return texts.hour.nothing;
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

  const verdict = (template, compared) => {
    let found = compared.hasEnough ? texts.no_difference : texts.few_cases;
    if (compared.isDistinct) found = compared.isHigher ? texts.better : texts.worse;
    const [now, then] = [compared.figure, compared.placebo].map(shareText);
    return fill(template, { now, before: then, verdict: found });
  };

  const weekLabel = (week) => facts.weeks[(week.first - facts.monday) / 7];

  const trend = ({ current, lastWeeks, isPerson }) => {
    if (!lastWeeks) return texts.no_weeks;
    const [now, then] = lastWeeks;
    const sentences = [fill(texts.trend, {
      week: weekLabel(now), now: count(now.questions, "question"), before: number(then.questions),
    })];
    if (now.private.seen && then.private.seen) {
      const compared = compare(now.private.answered, then.private.answered);
      sentences.push(verdict(texts.trend_private, compared));
    }
    if (now.elsewhere.seen && then.elsewhere.seen) {
      const compared = compare(now.elsewhere.answered, then.elsewhere.answered);
      const isKnown = isPerson || current.isClear;
      const template = current.private.seen ? texts.trend_elsewhere : texts.trend_answered;
      sentences.push(isKnown ? verdict(template, compared) : texts.trend_unclear);
    }
    return sentences.join(" ");
  };

  const weekRow = (week) => {
    const label = weekLabel(week);
    return tableRow([
      week.isComplete ? label : fill(texts.page.incomplete, { when: label }),
      number(week.questions),
      shareText(week.private.answered),
      shareText(week.elsewhere.answered),
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

  const show = (overview) => {
    const { current, topics, slowest } = overview;
    replace("lead", lead(overview));
    replace("tile-when", ...whenLines(overview));
    replace("tile-what", ...whatLines(overview));
    replace("tile-help", ...helpLines(overview));
    replace("topics-list", ...topics.map(topicDetails));
    const others = current.questions - sum(topics, (row) => row.questions);
    replace("topics-note", others ? fill(texts.other_questions, { number: number(others) }) : "");
    const { smallTalk } = current;
    const template = smallTalk ? texts.small_talk : "";
    replace("small-talk-note", fill(template, { number: number(smallTalk) }));
    replace("hours-finding", hoursFinding(overview));
    showHours(overview);
    replace("weeks-finding", trend(overview));
    replace("weeks-rows", ...overview.weeks.map(weekRow));
    replace("chats-finding", slowest ? sentence(texts.slowest, {
      chat: chatName(slowest.chat), median: duration(slowest.seconds),
    }) : texts.no_slowest);
    replace("chats-rows", ...overview.chats.map(chatRow));
    const leftOut = overview.chatsLeftOut;
    replace("chats-note", leftOut ? fill(texts.chats_left_out, { number: number(leftOut) }) : "");
    const people = count(overview.peopleWhoAsked, "person");
    replace("askers-finding", fill(texts.askers, { people }));
    replace("askers-rows", ...overview.askers.map(askerRow));
  };

  // Selecting

  const chosenNow = () => {
    const value = (name) => element(`filter-${name}`)?.value;
    const days = value("period") ?? `${facts.first},${facts.last}`;
    const [first, last] = days.split(",").map(Number);
    return { first, last, chat: Number(value("chat") ?? NONE), person: Number(value("person") ?? NONE) };
  };

  const update = () => {
    const chosen = chosenNow();
    const overview = overviewOf(chosen);
    show(overview);
    const isAll = chosen.first === facts.first && chosen.last === facts.last &&
      chosen.chat === NONE && chosen.person === NONE;
    element("whole-period").hidden = isAll;
    const questions = count(overview.current.questions, "question");
    const messages = count(sum(overview.current.written), "message");
    const template = overview.isPerson ? texts.shown_questions : texts.shown;
    replace("shown", fill(template, { messages, questions }));
  };

  const start = async () => {
    load(await unpack(element("facts").textContent));
    element("filters").addEventListener("change", update);
    element("filters").hidden = false;
    document.documentElement.dataset.filters = "ready";
  };

  if (!element("filters")) return;
  start().catch((error) => {
    document.documentElement.dataset.filters = "failed";
    console.error(error);
  });
})();
