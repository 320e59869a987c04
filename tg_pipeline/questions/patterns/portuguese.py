"""Patterns of questions in Portuguese, as written in Brazilian chats."""

from typing import Final

from tg_pipeline.questions.patterns.base import LanguagePatterns

_VERB: Final = "(?:[a-z]{2,}[aei]r|por|[a-z]+[^ad ]o|[a-z]+[nu]do)"
"""An infinitive or a first person, but no participle: the verb after `como` in a question."""

_ANYBODY: Final = "(?:alguem|ninguem|algum de voces) (?:mais |ja |tambem |ai |aqui )*"

PORTUGUESE: Final = LanguagePatterns(
    code="pt",
    abbreviations="""
vc:voce
vcs:voces
pq:por que
oq:o que
q:que
n:nao
qnd|qdo:quando
qto|qnto:quanto
tb|tbm:tambem
pra|pras|pro|pros|p:para
kd:cade
ta|tah:esta
eh:e
hj:hoje
algm:alguem
pfv|pf:por favor
aonde:onde
zap:whatsapp
app:aplicativo
msm:mesmo
""",
    greetings="""
oi+[ei]*|ola+|opa|eai|e ai|fala|salve|alo
bom+ dia+|boa tarde|boa noite|bom domingo
(?:tudo|td) (?:bem|bom|certo|joia|tranquilo|ok)|beleza|blz|tranquilo|suave|de boa
como vai(?: voces?)?|como (?:voces? )?(?:esta|estao)(?: voces?)?|com voces?|por ai
(?:muito )?obrigad[oa]|valeu|vlw|show|perfeito|otimo|deu certo(?: aqui)?
pel[oa] (?:resposta|retorno|ajuda)|desculpem?|(?:com )?licenca|por favor
pessoal|gente|galera|turma|povo|amigos|vizinhos|professora?|prof|moc[oa]|todos|a todos
agora|ai|subindo|up|de novo|ainda na duvida
""",
    question_starts=rf"""
como (?:(?:que|e que|eu|a gente|nos|voces?|se|ja) )*{_VERB}\b
como (?:(?:que|e que|eu|a gente|nos|voces?|se) )*(?:faz|fazem|funciona|fica|instala|da|devo)\b
como que (?:se )?[a-z]+[ae]\b
como (?:[oa]s?) [a-z]+ (?:pode|podem|deve|faz|fazem|funciona)\b
como (?:vai|vao|sera|ficou|esta|estao|e que|e o|e a|e feit[oa]) [a-z]
quando (?:que |e que |e |vai|vao|sera|sai|saem|abre|comeca|termina|acaba|chega|volta|libera)
quando (?:cai|vence|fecha|posso|devo|uso|usar|sobe|inicia|entra|fica|recebo|tem)\b
(?:(?:de|por|ate|para) )?onde (?:que |e que |eu |a gente |voces? )*{_VERB}\b
(?:(?:de|por|ate|para) )?onde (?:que |e que )*(?:e|esta|estao|ficam?|acha|da|vai|vem|foi|sao)\b
(?:(?:de|por|ate|para) )?onde (?:que )?[a-z][a-z]+[ae]m\b
(?:de |para |com |por )?quem (?:que |e que )?(?:e|foi|sao|vai|pode|poderia|cuida)\b
(?:para |com |de )quem
quem (?:corrige|consegue|conserta|resolve|responde|mais|tem|usa|ganhou|perdeu|fez|da)\b
quem sabe (?:se|como|onde|quando|qual|o que|quanto)
(?:em |de |a |para |com |por |ate )?qua(?:l|is)\b
(?:em |ha |por |de |a |com |ate |sao )?quant[oa]s? [a-z]
o que (?:e|sao|eu faco|faco|fazer|faz|significa|acontece|houve|muda|mudou|deu|da)\b
o que (?:pode|posso|devo|levo|falta|faltou|preciso|precisa|voces?|quer dizer|compensa)\b
o que (?:eu (?:preciso|devo|uso|posso)|esta (?:acontecendo|errado|rolando|faltando))\b
por que [a-z]
cade\b
sera que
(?:de |ate |em |com |desde |para |por )?que (?:horas?|dias?|nota|pasta|horario|mes|jeito)\b
em que [a-z]
(?:ate|desde) quando
para que (?:serve|usa)
(?:da|daria|tem|teria|ha|existe) (?:como|jeito de|alguma? |algun?s? |previsao|desconto)
existem? [a-tv-z]
(?:da|daria) para [a-z]
(?:da|tem) tempo de
tem (?:grupo|vaga|garantia|taxa|juros|multa|limite|exemplo|regra|estacionamento)\b
ainda (?:tem|da)\b
(?:posso|consigo|conseguimos|devo) [a-z]+r\b
pod(?:e|em|eria|eriam) (?:me|nos|confirmar|mandar|enviar|passar|explicar|ajudar|liberar)\b
voces? (?:me )?(?:pod|sab|conhec|recomend|indic|aceit|entreg|faz|tem|vend|emit|conseg|us)
voces? (?:acham|ja|viram)
vai (?:ter|haver|ser)\b
vale a pena [a-z]
e (?:possivel|permitido|normal|seguro|necessario|obrigatorio|preciso|verdade que) [a-z]
precis(?:a|o|amos) (?:de |ter|ser|pagar|levar|fazer|estar|mesmo)\b
(?:aceitam?|entregam?) [a-z]
e (?:se|para|quanto|sobre|a|o|os|as) (?:eu|a gente|o|a|os|as|voces?) [a-z]
e se [a-z]
{_ANYBODY}(?:sab|conhec|consegu|pode|usa|viu|indica|recomenda|passou|ajuda|explica)
{_ANYBODY}(?:me (?:ajuda|explica|add|passa|diz|manda)|tem|teria|com|sem|perdeu|instalou)\b
alguem (?:mais|ai)\b
alguma (?:ideia|previsao|dica|novidade|sugestao|indicacao)
sabem? (?:se|como|onde|quando|qual|quem|o que|por que|dizer|me dizer|informar)\b
me (?:ajud|passa|manda|explica|indica|recomend|diz|fala|tira uma duvida)
manda [oa]s? [a-z]+ (?:de novo|ai|aqui|por favor)
(?:socorro|help)\b
duvida (?:,|:|sobre|em)
tenho (?:uma|umas|outra|mais uma) duvidas?\b
so (?:eu|comigo)\b
(?:quero|preciso) (?:cancelar|trocar|devolver|trancar|remarcar|reservar|mudar|alterar)\b
(?:quero|preciso) (?:d[aeo] )?(?:segunda via|reembolso|solicitar|pedir|remover|vender|saber)
indicac(?:ao|oes) de
""",
    requests=rf"""
\b{_ANYBODY}(?:sabe|consegue|pode|poderia|ajuda|me ajuda|explica)\b
\b(?:queria|gostaria|quero) (?:de )?(?:saber|informacoes|entender|uma informacao)\b
\bpreciso de (?:uma )?(?:ajuda|help)\b
\buma? duvida\b
\b(?:o que|como) (?:eu )?(?:faco|fazer|resolvo|procedo|devolvo|peco)(?:$| [.,;:!?])
\b(?:me ajud[ae]m?|ajudem)\b
\bou (?:so )?(?:eu que|e so) [a-z]
 (?:que (?:dias?|horas)|quando|quanto|qual e|qual|onde)$
\b(?:em|de|por|a) quant[oa]s? [a-z]+$
""",
    problems=r"""
\bnao (?:(?:estou|to|tou|estamos) conseguindo|consigo|conseguimos) [a-z]+r\b
\bnao (?:me )?(?:esta )?(?:abr|carreg|funcion|conect|instal|aparec|atualiz)(?:a|e|i)
\bnao (?:entra|roda|baixa|sobe|liga|responde|compila|loga|deixa|mostra|toca|salva|grava)\b
\bnao (?:chega|chegou|caiu|recebi|recebe|veio|acho|achei|entendi)\b
\bnao (?:estou|to) (?:recebendo|entendendo|achando|vendo)\b
\b(?:da|deu|dando|aparece|recebo|tomo|aparecendo) (?:o |um |uns )?(?:erros?|error|timeout)\b
\b(?:da|deu|dando) invalid[oa]\b
\berro (?:de |no |na |ao |quando )[a-z]|\berro (?:[a-z]+ndo|\d+)\b
\bparou de [a-z]+r\b
\b(?:esqueci|perdi) (?:a|o|minha|meu) [a-z]
\b(?:meu|minha)s? [a-z]+ (?:[a-z]+ )*(?:foi|veio|sumiu|saiu|parou|travou|expirou|duplicou)\b
\b(?:meu|minha)s? [a-z]+ (?:esta|fica|ficou|diz|fecha) [a-z]
\b(?:fora do ar|sem acesso|travando|travado|fecha sozinho|veio faltando|rejeitado|sumiu)\b
\besta (?:quebrad|travad|bloquead|parad|atrasad)
\b(?:access ?denied|permission denied|command not found)\b|\b[a-z]{4,}error\b
""",
    answers=r"""
^(?:acho|tenta|tente|e so|basta|verifica|depende|veja|ve|segue|explico|manda no|olha)\b
^(?:entendi|gostei|amei|se (?:nao|quiser|alguem|voce|for)|fui|vou|ele|ela)\b
^(?:me perguntaram|aqui (?:mostra|funcionou)|sim|nao ,|qualquer|boa|bora|ok)\b
\bsim(?:$| [.,!])
\b(?:tenta|tente|basta|confere|verifica) [a-z]+r\b
^por que (?:eu|era|ja|sera|estava|demora|voce)\b
\b(?:ja|so) (?:voltou|voltaram|resolvi|resolveu|consegui|arrumei|trocaram|respond|foi|abri)
\b(?:mas|porem|e) (?:agora |depois |ja )*(?:resolvi|voltou|funcionou|arrumei|limpei|deu)\b
\b(?:resolvi|resolvido|arrumei|consegui entrar|nao conseguia)\b|\bera (?:a|o|na|no) [a-z]
\bnao (?:consigo|vou|posso) (?:ir|hoje|nem|parar de|dormir|esperar|acreditar|imaginar)\b
\bquando [^?]* (?:e so|eu |aviso|me )
\bonde (?:eu )?(?:trabalho|moro|comprei|estudo)\b
\bquant[oa]s? (?:mais|menos|antes|ao|aos|gente|a )
\bqual (?:nada|e [,.!])
\bvai (?:ter aula sim|dar)
\bnao (?:sei|souberam)\b|\bpergunt(?:ei|ou|aram)\b
\be possivel (?:que|retirar)\b
\bpreciso (?:estudar|voltar|sair|de ferias)\b
\bkkk
""",
    reactions="""
ne|alguem|nao e|serio(?: mesmo)?|jura|oi|ha|ham|hein|ue|que|o que|como|como assim|sera|e
quem diria(?: ne)?|quem nunca(?: ne)?|viu(?: so)?|quem|quando|onde|sim|nao|ok|certo
por que(?: nao| sera)?|que isso|e ai|de verdade|mesmo|bora [a-z]+|fazer o que
[a-z ,]{0,30} (?:ne|viu)
voce sabia|sabe aquele [a-z ]+
quer [a-z ]{3,60}|ja pensou [a-z ]+|cansad[oa] d[eo] [a-z ]+|que tal [a-z ]+
""",
    stop_words="""
a o as os um uma uns umas de do da dos das em no na nos nas por pelo pela pelos pelas para com sem
e ou mas se que ao aos eu voce voces ele ela eles elas gente me mim meu minha meus minhas seu sua
seus suas te lhe isso isto esse essa esses essas este esta estes estas aquele aquela la ali aqui ai
ja so mais muito tambem ainda entao mesmo sabe sabem saber sei ter tinha temos faz fazer faco fazem
sao ser era foi estou estao estava vai vou vao ir fica ficam ficou quero queria gostaria preciso oi
ola bom boa dia tarde noite pessoal galera turma favor obrigado obrigada valeu duvida ajuda ajudar
ajudem agora sim tudo todo toda todos hoje acho uso usar usam usa alguem ninguem alguma algum alguns
algumas consegue conseguiu conseguem conseguir podem poderia
""",
    question_words="""
como qual quais quando onde quem quanto quantos quanta quantas porque cade tem existe pode posso
precisa consigo nao
""",
    common_words="""
aula erro curso hora sobre vez depois antes ate
""",
    suffixes="cao|coes|agem|inho|inha",
    special_characters="ãõçêâôà",
)
