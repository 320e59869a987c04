"""Patterns of questions in Spanish, as written in Latin American chats."""

from typing import Final

from tg_pipeline.questions.patterns.base import LanguagePatterns

_VERB: Final = "(?:[a-z]{2,}[aei]r|[a-z]+[^ad ]o|[a-z]+[nu]do)"
"""An infinitive or a first person, but no participle: the verb after `cómo` in a question."""

SPANISH: Final = LanguagePatterns(
    code="es",
    abbreviations="""
xq:por que
xfa|porfa:por favor
tmb:tambien
""",
    greetings="""
hola+|buenas|buen dia|buenos dias|buenas (?:tardes|noches)
(?:como|que) (?:estan?|tal|les va|te va|andan)(?: todos)?|todo bien|por ahi
(?:muchas |mil )?gracias|perdon|disculpen?|por favor
a todos|todos|gente|chicos|amigos|vecinos|grupo|profe|profesora?|entonces|ahora
""",
    question_starts=rf"""
como (?:se |puedo |podemos |lo |la |me |le )*{_VERB}\b
como (?:se |lo |la |me )*(?:hace|puede|funciona|descarga|instala|cambia|cancela|usa)\b
(?:desde |hasta |para )?cuando (?:se |es |empieza|comienza|sale|abre|llega|vuelve|termina)
(?:desde |hasta |para )?cuando (?:publica|puedo|sera|van|hay|vence)\b
(?:de |desde |por |en |a )?donde (?:se |es|esta|estan|puedo|veo|subo|hay|encuentro|queda)
(?:de |desde |por |en |a )?donde (?:descargo|consigo|pongo|va)\b
(?:de |a |con |para )?quien(?:es)? (?:es|son|tiene|sabe|puede|revisa|da|va|corrige)\b
(?:de |en |a |con )?cual(?:es)? [a-z]
(?:en |por |a |de )?cuant[oa]s? (?:cuesta|es|tiempo|tarda|vale|dura|sale|tiene|hay|dias)
(?:en |por |a |de )?cuant[oa]s? (?:horas|cuotas|clases|falta)
por que [a-z]
(?:a |de |en |para |por )?que (?:hora|dia|hago|es|significa|sirve|fecha|version|opcion)\b
(?:a |de |en |para |por )?que (?:diferencia|tengo que|debo|puedo|pasa|falta|me falta|lugar)\b
(?:alguien|nadie) (?:mas |ya |aqui |tambien )*(?:sabe|tiene|puede|conoce|me |pudo|usa)
(?:alguien|nadie) (?:mas |ya |aqui |tambien )*(?:recomienda|con|sin|ayuda|logro|mas)\b
alguna? (?:idea|novedad|sugerencia|forma)
se pueden? [a-z]+r\b
se (?:aceptan?|necesita|requiere) [a-z]
(?:puedo|podemos|podrian?) [a-z]+r\b
me (?:pueden|puedes|podrian|ayudan|ayuda|recomiendan|pasan|explican)
pued(?:e|en|es) (?:ayudarme|decirme|enviarme|explicarme|pasarme)
hay (?:alguna?|que|forma|manera|descuento|clase|un|grabacion|envio)\b
hace falta [a-z]
es (?:posible|necesario|obligatorio|normal|seguro) [a-z]
tienen? (?:alguna?|talla|garantia|stock|descuento|envio)
(?:recomiendan|conocen|aceptan|hacen|venden|abren|saben) [a-z]
(?:tengo|una) dudas?\b|tengo una (?:duda|pregunta|consulta)
y si (?:no )?[a-z]
necesito (?:ayuda|cambiar|cancelar|saber)
quiero (?:cancelar|cambiar|devolver|saber)
ayuda\b
""",
    requests=r"""
\b(?:alguien|nadie) (?:sabe|puede|me ayuda|me puede)\b
\b(?:quisiera|quiero|queria|me gustaria) saber\b
\bnecesito ayuda\b|\bme ayudan?\b
\b(?:que|como) (?:hago|lo devuelvo|lo hago)\b
""",
    problems=r"""
\bno (?:puedo|logro|consigo) [a-z]+r\b
\bno (?:me |se )?(?:funciona|carga|abre|llega|deja|aparece|instala|recibe|conecta|enciende)\b
\b(?:me sale|da|dio|tengo un) (?:un )?(?:error|timeout)\b
\bse cierra sola\b|\bsin acceso\b|\bequivocado\b|\bolvide mi\b
\b(?:fue|esta) (?:rechazad|bloquead|cortad|rot)[oa]
\bme (?:llego|cobraron)\b
""",
    answers=r"""
\bya (?:pude|funciona|volvio|cambiaron|respondio|lo)\b
\bno puedo (?:hoy|ir|dejar de|creer)\b
\bno (?:se|supieron) |\bno funcionaba\b|\bme preguntaron\b
^(?:si alguien|es que|mira|depende|puedes|ya|me encanto|como (?:dijo|siempre|no))\b
\bhay (?:que activar|lugar|una guia)\b
, si(?:$| [.,!])
\bcuanto (?:antes|mas)\b|\bse puede retirar\b
""",
    reactions="""
en serio|verdad|de verdad|eh|que|no|si|como|cuando|donde|por que
quien lo diria|quien sabe
cansad[oa] de [a-z ]+|quieres [a-z ]+|sabias que [a-z ]+
""",
    stop_words="""
el la los las un una unos unas de del en por para con sin y o pero si que al yo tu usted ustedes
ella ellos ellas me mi mis su sus te se lo le les esto eso ese esa este esta estos estas aqui alli
ya solo mas muy tambien alguien nadie sabe saben tienen tengo pueden podria es son ser era fue estoy
estan va voy van hago hacer hace quiero quisiera necesito hola buenos buenas dias tardes noches
gracias favor duda ayuda alguna
""",
    question_words="como cual cuales cuando donde quien cuanto cuanta cuantos cuantas hay",
    common_words="""
puedo puede puedes pude tiene clase pedido error hoy manana no curso libro libreria base datos
empieza carga usan logro necesario saber programar charla buen buena bueno tiempo siempre
""",
    suffixes="cion|ciones|miento|illo|illa",
    special_characters="ñ¿¡",
)
