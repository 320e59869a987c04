"use strict";
// Counts the facts that a reader selects, as counting.py does. Nothing here touches the page.
const tgCounting = (() => {
  const NONE = -1;
  const [BOT, PEOPLE, UNKNOWN, UNSEEN, FALLBACK] = [0, 1, 3, 4, 5];
  const WEEK_SLOTS = 7 * 24;
  const TOP = { topics: 10, wordings: 8, chats: 20, askers: 10 };
  const MIN_ANSWERS = 10, MIN_EXPECTED = 5, Z_LIMIT = 1.959963984540054;
  let facts;

  const sum = (list, value = (each) => each) =>
    list.reduce((total, each) => total + value(each), 0);

  const rows = (columns, ...names) =>
    (columns[0] ?? []).map((_, place) =>
      Object.fromEntries(names.map((name, column) => [name, columns[column][place]])));

  // Reads the columns of the page's data as rows.
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
    return facts;
  };

  const has = (chosen, row) =>
    chosen.first <= row.day && row.day <= chosen.last &&
    (chosen.chat === NONE || chosen.chat === row.chat) &&
    (chosen.person === NONE || row.person === undefined || chosen.person === row.person);

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

  const testOf = (chosen, chats) => {
    if (chosen.person !== NONE) return null;
    const found = facts.placebos.filter((row) => chats.has(row.chat) && has(chosen, row));
    return compare(
      share(sum(found, (row) => row.answeredSingles), sum(found, (row) => row.singles)),
      share(sum(found, (row) => row.answeredPlacebos), sum(found, (row) => row.placebos)),
    );
  };

  // Whether the answers in a chat are more than what the rule finds anywhere.
  const isClear = (chosen, chat, issues) => {
    const test = testOf(chosen, new Set([chat]));
    return test === null || test.isDistinct || issues.every((issue) => issue.isPrivate);
  };

  const totalsOf = (chosen) => {
    const selected = select(chosen);
    const elsewhere = selected.issues.filter((issue) => !issue.isPrivate);
    const private_ = countIssues(selected.issues.filter((issue) => issue.isPrivate));
    const written = hoursOf(selected);
    const test = testOf(chosen, new Set(elsewhere.map((issue) => issue.chat)));
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

  // What was asked about none of some topics, as one topic.
  const otherQuestionsOf = ({ questions, issues }, topics) => {
    const shown = new Set(topics.map((row) => row.topic));
    const wordings = questions
      .filter((question) => !shown.has(topicOf(question)))
      .map((question) => question.wording);
    return wordings.length ? [{
      topic: NONE,
      questions: wordings.length,
      issues: countIssues(issues.filter((issue) => !shown.has(issue.topic))),
      groups: [],
      wordings: topTexts(wordings, facts.wordings),
    }] : [];
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
        isClear: isClear(chosen, chat, found),
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
    const [topics, chats, askers] = [topicsOf, chatsOf, askersOf].map((of) => of(selected));
    const weeks = weeksOf(chosen);
    const shown = chats.slice(0, TOP.chats).sort(byWait);
    const compared = shown.filter(
      (row) => row.isClear && row.issues.answered.part >= MIN_ANSWERS);
    return {
      isPerson: chosen.person !== NONE,
      current: totalsOf(chosen),
      previous: isCovered(before) ? totalsOf(before) : null,
      topics,
      otherQuestions: otherQuestionsOf(selected, topics),
      chats: shown,
      chatsLeftOut: chats.length - shown.length,
      slowest: compared.length > 1 ? compared[0] : null,
      askers: askers.slice(0, TOP.askers),
      peopleWhoAsked: askers.length,
      askersTied: askers.slice(1).filter((row) => row.questions === askers[0].questions).length,
      weeks,
      lastWeeks: lastWeeksOf(chosen, weeks),
    };
  };

  return { BOT, NONE, PEOPLE, compare, load, overviewOf, share, sum };
})();
