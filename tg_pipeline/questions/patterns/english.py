"""Patterns of questions in English chats."""

from typing import Final

from tg_pipeline.questions.patterns.base import LanguagePatterns

_AUXILIARY: Final = (
    "(?:is|are|was|were|am|do|does|did|can|could|will|would|should|shall|may|has|have|had|isnt|"
    "arent|dont|doesnt|didnt|cant|couldnt|wont|wouldnt|shouldnt|hasnt|havent)"
)

_SUBJECT: Final = (
    "(?:i|you|we|they|he|she|it|this|that|these|those|there|the|my|our|your|any|anyone|anybody|"
    "anything|someone|somebody|everyone|an?)"
)

ENGLISH: Final = LanguagePatterns(
    code="en",
    abbreviations="""
u:you
ur:your
pls|plz:please
whats:what is
wheres:where is
hows:how is
whos:who is
im:i am
thx|ty:thanks
""",
    greetings="""
hi|hello|hey+|howdy|greetings|good (?:morning|afternoon|evening|day)
how (?:are|is) (?:you|it|things|everyone|everybody)(?: all)?(?: (?:doing|going))?(?: today)?
how was your [a-z]+|hope all (?:is )?good|what is up|sup
(?:many )?thanks(?: a lot| so much)?|thank you(?: all| so much)?|sorry|excuse me|please
all|everyone|everybody|guys|folks|team|there|(?:quick |one )?question|ok|okay|also|again
""",
    question_starts=rf"""
{_AUXILIARY} {_SUBJECT}\b
(?:is|are) (?:[a-z0-9]+ ){{1,2}}(?:required|supported|available|recorded|open|included|needed)
(?:is|are) (?:[a-z0-9]+ ){{1,2}}(?:mandatory|possible|down)
(?:does|do) (?:[a-z0-9]+ ){{1,2}}(?:work|support|break|cost|have)
(?:how|what|where|when|why|who|which)(?: [a-z]+)? {_AUXILIARY} [a-z]
(?:how|where|when|what|which) to [a-z]
how (?:much|many|long|often|far|soon|come|about)
what (?:time|about|if|day|kind|version|else|happens)\b
which (?:one|of|version|[a-z]+ (?:should|do|does|is|are|can|works|to))
who (?:knows how|do|should|to|lost|wants|else)\b
whose [a-z]
why (?:not use|[a-z]+ instead)
(?:any|some)(?:one|body) (?:else |here |ever )*(?:know|have|has|seen|manage|tried|help|explain)
(?:any|some)(?:one|body) (?:else |here |ever )*(?:use|with|without|got|share|tell)
anyone else\b
any (?:idea|chance|plans?|news|update|tips?|advice|suggestion|way|fix|workaround)
(?:you )?guys know
(?:need )?(?:some )?help\b
what did i miss|what am i missing
[a-z]+ (?:or|vs) [a-z]+ (?:for|here|in)\b
""",
    requests=r"""
\b(?:anyone|anybody|you guys) (?:else )?(?:know|help|explain)\b
\bi (?:am|was) wondering\b
\b(?:would|id) like to [a-z]
\b(?:need|please) (?:some )?help\b
\b(?:please|could you) (?:help|send|share|explain)\b
\b(?:tell|show|explain to) me (?:how|if|what|when|where|why)\b
\bi (?:do not|dont) (?:know|understand) (?:how|why|what)\b
\bwhat (?:should|can|do) i do\b
\bwant to (?:know|cancel|return|change|ask)\b
""",
    problems=r"""
\bi (?:cant|can not|cannot|could not) (?:[a-z]+ ){1,3}|^(?:cant|cannot) [a-z]+ [a-z]
\b(?:unable to|not able to|stopped working|still waiting|is missing)\b
\b(?:doesnt|does not|dont|do not|wont|will not|didnt) (?:even )?(?:work|start|open|load|show)
\b(?:doesnt|does not|wont|will not|didnt) (?:arrive|connect|install|run|update|respond|let)
\b(?:not working|is down|is broken|crash|crashes|keeps? (?:fail|crash|buffer)|times out)
\bfails? to\b|\bgets nothing\b|\bhours off\b
\b(?:hasnt|has not|havent|never|not) (?:arrived?|arrives|received?|shown|got|yet)\b
\b(?:was|is|were|got) (?:declined|rejected|blocked|denied|charged|stuck|still pending)\b
\b(?:getting|get|got|shows?|throws?) (?:an? |the )?(?:error|exception|weird|access|denied)
\b(?:received|got) the wrong\b
\bi (?:have )?(?:forgot|forgotten|lost) my\b
\b(?:access ?denied|permission denied|command not found|no rows)\b|\b[a-z]{4,}error\b
""",
    answers=r"""
\b(?:but|now) (?:it )?(?:works?|is fixed|fixed)\b
\bbut [a-z]+ing (?:[a-z]+ )?(?:it )?helped\b
\b(?:helped|worked for me|fixed it|is fixed|no need)\b
\bi (?:cant|can not|cannot) (?:wait|make it|believe|complain|tonight|today)\b
\b(?:do not|dont) worry\b
\b(?:she|he|they) (?:asked|wanted)\b
^(?:if|let me|not sure|no idea|try|see|because|when i|when you|what i|how i|where i)\b
^(?:had|i know|feel free|you can|docs|where there is)\b
^(?:what a|which (?:is|was|reminds)|do it|did that|have a)\b
""",
    reactions="""
right|really|seriously|huh|eh|what|wait(?: ,)? what|pardon|why(?: not)?|who|how|no|yes|ok
who cares|(?:lol )?who knows|who would have thought|you know
did you know|tired of [a-z ]+|want to [a-z ]+|looking for [a-z ]+
""",
    stop_words="""
a an the of in on at to for from by with and or but if that this these those it its i you he she we
they me your our their us is are was were be been am do does did doing have has had could may might
should would will shall know any some there here yes please thanks thank hi hello hey everyone guys
all so just also still get got want need help like about way possible someone somebody anyone
anybody
""",
    question_words="how when where why who whom which whose what can cant not no",
    common_words="""
my doesnt dont lesson class course working password order support error install access question
""",
    suffixes="tion|ing|ght|ly|nt",
    special_characters="'",
)
