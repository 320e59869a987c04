"""What people write: questions by topic with their phrasings, greetings, thanks, small talk."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Intent:
    """A thing that people want to know.

    `asks` holds phrasings in Portuguese, `english` and `spanish` those in these languages.
    """

    asks: tuple[str, ...]
    answers: tuple[str, ...]
    english: tuple[str, ...] = ()
    spanish: tuple[str, ...] = ()

    def phrasings(self, language: str) -> tuple[str, ...]:
        """Return the phrasings in a language (pt, en, es), in Portuguese if there are none."""
        return {"en": self.english, "es": self.spanish}.get(language) or self.asks


COURSE: Final = (
    Intent(
        (
            "como faço para emitir o certificado?",
            "onde baixo o certificado",
            "o certificado sai quando?",
            "terminei tudo e não achei o certificado",
        ),
        ("no menu Perfil, aba Certificados", "libera quando todas as aulas ficam marcadas"),
        ("how do I get the certificate?", "where can I download my certificate"),
        ("¿dónde descargo el certificado?", "¿cuándo sale el certificado?"),
    ),
    Intent(
        (
            "não consigo entrar na plataforma",
            "alguém mais está sem acesso à plataforma?",
            "a plataforma diz senha inválida, o que eu faço?",
            "meu login parou de funcionar",
        ),
        ("tenta redefinir a senha em Esqueci minha senha", "limpa o cache e entra de novo"),
        ("I can't log in, is the platform down?", "login keeps failing for me"),
        ("no puedo entrar en la plataforma", "¿alguien más sin acceso?"),
    ),
    Intent(
        (
            "que horas é a aula ao vivo hoje?",
            "a live de hoje é às 19h ou às 20h?",
            "qual o horário da aula ao vivo",
            "tem aula ao vivo hoje?",
        ),
        ("hoje às 20h, horário de Brasília", "é às 20h, o convite está no calendário"),
        ("what time is the live class today?",),
        ("¿a qué hora es la clase en vivo?",),
    ),
    Intent(
        (
            "a aula ao vivo fica gravada?",
            "onde vejo a gravação de ontem",
            "perdi a live, tem gravação?",
            "quando sobe a gravação?",
        ),
        ("sobe no dia seguinte, no mesmo módulo", "já está lá, na aba Gravações"),
        ("is the live class recorded?", "where is yesterday's recording"),
    ),
    Intent(
        (
            "até quando posso entregar o projeto final?",
            "qual o prazo do projeto",
            "o prazo do projeto foi adiado?",
        ),
        ("até o último domingo do mês", "o prazo continua o mesmo, dia 30"),
        ("what is the deadline for the final project?",),
        ("¿hasta cuándo puedo entregar el proyecto?",),
    ),
    Intent(
        (
            "dá para parcelar a próxima turma?",
            "em quantas vezes posso parcelar",
            "aceita boleto parcelado?",
        ),
        ("em até 12 vezes no cartão", "boleto só à vista, no cartão parcela"),
    ),
    Intent(
        (
            "como peço reembolso?",
            "quero cancelar e receber de volta, como faço",
            "qual o prazo para pedir reembolso?",
        ),
        ("até 7 dias depois da compra, pelo formulário", "responde o e-mail da compra pedindo"),
        ("how do I ask for a refund?",),
    ),
    Intent(
        ("vocês emitem nota fiscal?", "como peço a nota fiscal", "não recebi a nota fiscal"),
        ("chega por e-mail em 5 dias úteis", "confere o spam, ela vai com o recibo"),
    ),
    Intent(
        (
            "por quanto tempo tenho acesso às aulas?",
            "o acesso é vitalício?",
            "meu acesso acaba quando",
        ),
        ("um ano a partir da compra", "um ano, e dá para renovar com desconto"),
        ("how long do we keep access to the lessons?",),
    ),
    Intent(
        (
            "tem material em PDF?",
            "onde ficam os slides das aulas",
            "alguém tem os slides do módulo 2?",
        ),
        ("embaixo do vídeo, em Materiais", "na pasta do módulo, no final da página"),
        ("where are the slides?",),
        ("¿dónde están las diapositivas?",),
    ),
    Intent(
        ("o vídeo do módulo 3 não carrega", "só eu que estou com o vídeo travando?"),
        ("troca a qualidade para 720p que vai", "aqui foi só recarregar a página"),
        ("videos keep buffering, any fix?",),
    ),
    Intent(
        ("dá para ver as aulas no celular?", "tem aplicativo?", "como baixo a aula no celular"),
        ("tem aplicativo sim, na loja do celular", "abre pelo navegador que funciona bem"),
    ),
    Intent(
        ("o curso serve para quem nunca programou?", "precisa saber programar antes?"),
        ("serve, começa do zero", "o módulo 1 é para quem nunca programou"),
        ("is it ok for complete beginners?",),
        ("¿hace falta saber programar?",),
    ),
    Intent(
        ("quando abre a próxima turma?", "a turma 4 já tem data?", "vai ter turma nova este ano?"),
        ("a turma 4 abre no mês que vem", "ainda sem data, avisam no canal"),
    ),
    Intent(
        ("tem desconto para estudante?", "existe cupom para ex-aluno", "como uso o cupom?"),
        ("ex-aluno tem 20 %, pede para a monitora", "o cupom entra na última tela da compra"),
    ),
    Intent(
        ("posso trocar de turma?", "como faço para trocar de turma", "dá para pular uma turma?"),
        ("pode, uma vez, até a segunda semana", "manda mensagem para a coordenação"),
    ),
    Intent(
        ("quem corrige os exercícios?", "quanto demora a correção dos exercícios"),
        ("os monitores, em uns três dias", "corrige na hora, menos o projeto"),
    ),
    Intent(
        ("o certificado vale como horas complementares?", "quantas horas tem o curso?"),
        ("são 60 horas, a faculdade costuma aceitar", "vale, tem código de validação"),
    ),
    Intent(
        ("como mudo meu nome no certificado?", "meu nome saiu errado no certificado"),
        ("corrige no perfil e emite de novo", "edita o perfil antes de emitir"),
    ),
    Intent(
        ("tem grupo para procurar vaga?", "onde postam as vagas", "alguém sabe de vaga júnior?"),
        ("tem o tópico Vagas no grupo da turma", "toda sexta sai uma lista no canal"),
        ("is there a job board?",),
        ("¿hay un grupo de empleos?",),
    ),
)


CODING: Final = (
    Intent(
        (
            "como instalo o Python no Windows?",
            "qual versão do Python eu instalo",
            "Python 3.11 ou 3.12?",
        ),
        ("qualquer uma a partir da 3.11", "marca a opção de pôr no PATH na instalação"),
        ("which Python version should I install?",),
        ("¿qué versión de Python instalo?",),
    ),
    Intent(
        ("deu ModuleNotFoundError no pandas, e agora?", "import pandas não funciona aqui"),
        ("instala dentro do ambiente virtual ativo", "confere se o kernel é o do ambiente"),
        ("ModuleNotFoundError for pandas, what am I missing?",),
        ("no me funciona import pandas",),
    ),
    Intent(
        ("como crio um ambiente virtual?", "preciso mesmo de ambiente virtual", "venv ou conda?"),
        ("python -m venv e depois ativa", "um por projeto, venv resolve"),
        ("venv or conda for this course?",),
    ),
    Intent(
        ("qual a diferença entre lista e tupla?", "quando uso tupla em vez de lista"),
        ("tupla não muda depois de criada", "lista muda, tupla não, o resto é igual"),
    ),
    Intent(
        ("alguém me explica list comprehension?", "não entendi list comprehension"),
        ("é um for escrito dentro dos colchetes", "lê de trás para frente que fica fácil"),
        ("can somebody explain list comprehensions?",),
    ),
    Intent(
        ("erro de indentação que não acho, alguém ajuda?", "IndentationError na linha 12"),
        ("você misturou tab com espaço", "pede para o editor mostrar os espaços"),
    ),
    Intent(
        (
            "como leio um CSV com acento?",
            "meu CSV abre com caracteres estranhos",
            "qual encoding uso no CSV?",
        ),
        ("passa encoding latin-1", "tenta utf-8-sig, veio do Excel"),
        ("my CSV shows weird characters, which encoding?",),
        ("¿qué encoding uso para el CSV?",),
    ),
    Intent(
        ("como junto duas tabelas no pandas?", "merge ou concat?", "meu merge duplicou as linhas"),
        ("merge pela chave, concat só empilha", "tem chave repetida num dos lados"),
        ("merge or concat?",),
    ),
    Intent(
        ("qual a diferença entre left join e inner join?", "quando uso left join"),
        ("left mantém tudo da esquerda", "inner só o que existe nos dois lados"),
        ("left join vs inner join, when to use which?",),
        ("¿diferencia entre left join e inner join?",),
    ),
    Intent(
        (
            "por que meu group by dá erro?",
            "o group by reclama da coluna",
            "group by não aceita alias?",
        ),
        ("toda coluna fora de agregação entra no group by", "repete a expressão, alias não vale"),
    ),
    Intent(
        ("where ou having?", "como filtro depois de somar", "having serve para quê?"),
        ("having filtra depois de agrupar", "where antes, having depois"),
    ),
    Intent(
        (
            "como faço uma média móvel em SQL?",
            "window function é muito difícil, alguém tem um exemplo?",
        ),
        ("avg com over e rows between", "revê a aula 14, tem exatamente isso"),
        ("how do window functions work?",),
    ),
    Intent(
        ("a Lambda está dando timeout, o que pode ser?", "minha Lambda para em 3 segundos"),
        ("aumenta o timeout na configuração", "o padrão é 3 segundos, põe 60"),
        ("my Lambda times out after 3 seconds, why?",),
        ("la Lambda da timeout, ¿por qué?",),
    ),
    Intent(
        ("access denied no bucket, alguém passou por isso?", "AccessDenied ao gravar no S3"),
        ("falta permissão na role da função", "confere se a política tem o barra asterisco"),
        ("AccessDenied when writing to S3, any idea?",),
    ),
    Intent(
        (
            "a AWS vai me cobrar pelo projeto?",
            "quanto custa deixar tudo ligado",
            "como evito cobrança?",
        ),
        ("dentro do nível gratuito dá zero", "cria um alarme de cobrança logo no começo"),
        ("will AWS charge me for the project?",),
        ("¿AWS me va a cobrar?",),
    ),
    Intent(
        ("o Athena não mostra as partições novas", "por que o Athena volta vazio?"),
        ("roda o MSCK REPAIR TABLE", "faltou carregar as partições"),
        ("Athena returns no rows, what did I miss?",),
    ),
    Intent(
        ("por que Parquet e não CSV?", "o que é Parquet?", "Parquet é mesmo menor"),
        (
            "é por coluna e comprimido, lê só o que precisa",
            "fica bem menor e a consulta sai barata",
        ),
        ("why Parquet instead of CSV?",),
    ),
    Intent(
        ("meu webhook não recebe nada, o que confiro?", "o bot parou de receber mensagens"),
        ("vê o que o getWebhookInfo diz", "o bot precisa ser administrador do grupo"),
        ("my webhook gets nothing, how do I debug it?",),
        ("mi webhook no recibe nada",),
    ),
    Intent(
        ("como guardo o token do bot?", "posso deixar o token no código", "onde fica o token?"),
        ("em variável de ambiente, nunca no código", "se vazou, revoga e cria outro"),
    ),
    Intent(
        (
            "git push rejeitado, o que eu faço?",
            "como desfaço um commit",
            "resolver conflito no git, como?",
        ),
        ("puxa antes com git pull e tenta de novo", "git revert e segue a vida"),
        ("git push was rejected, what now?",),
    ),
    Intent(
        ("Docker é obrigatório no módulo 3?", "o Docker não abre no meu Windows"),
        ("não é, só facilita", "ativa a virtualização na BIOS"),
        ("is Docker required?",),
    ),
    Intent(
        ("qual gráfico uso para comparar meses?", "barra ou linha para série mensal?"),
        ("linha para tempo, barra para categoria", "linha, e começa o eixo no zero"),
    ),
    Intent(
        ("fuso horário no pandas, como converte?", "minha data ficou três horas adiantada"),
        ("está em UTC, usa tz_convert", "guarda em UTC e converte só na hora de mostrar"),
        ("my dates are three hours off, timezone?",),
    ),
)


OPENERS: Final = ("", "", "", "", "oi pessoal, ", "gente, ", "boa tarde! ", "dúvida: ", "bom dia, ")
CLOSERS: Final = ("", "", "", "", "", "", " 🙏", " alguém sabe", " 😅", " obrigado desde já")
"""Texts before and after a question; mostly none."""

AGAIN: Final = ("alguém? ", "subindo: ", "pessoal, ainda na dúvida, ", "up 👆 ", "de novo: ")

HELPFUL: Final = ("", "", "", "acho que ", "aqui ", "então, ", "opa, ")

THANKS: Final = {
    "pt": (
        "valeu",
        "valeu!!",
        "obrigado",
        "obrigada 🙏",
        "funcionou, valeu demais",
        "deu certo, obrigado",
        "era isso mesmo, obrigada",
        "show, resolvido",
        "vlw",
    ),
    "en": ("thanks", "thanks, that worked", "ty!", "got it, thank you"),
    "es": ("gracias", "mil gracias", "ya funciona, gracias"),
}

SMALL_TALK: Final = (
    "bom dia, turma",
    "boa noite pessoal",
    "bom dia ☀️",
    "alguém estudando a essa hora?",
    "kkkkkk",
    "kkkk verdade",
    "hoje rende",
    "terminei o módulo 2 🎉",
    "finalmente entendi isso",
    "semana corrida por aqui",
    "a aula de ontem foi muito boa",
    "bora estudar",
    "café e SQL ☕",
    "sim",
    "não",
    "concordo",
    "aqui também",
    "exatamente 👏👏",
    "parabéns!!",
    "😂😂",
    "😅",
    "eu também fiquei com essa dúvida",
    "amanhã tento de novo",
    "que chuva em SP hoje",
    "boa sorte a todos no projeto",
    "good morning everyone",
    "nice one 👌",
    "agree",
    "buenos días a todos",
    "jajaja",
    "a correção do exercício 7 ficou ótima, recomendo fazer sem olhar a resposta antes",
    "hoje consegui rodar tudo de ponta a ponta pela primeira vez, que sensação boa 🚀",
)

EDIT_TAILS: Final = (" (no Windows)", " (turma 3)", " *corrigido", "...", " 🙂", " (módulo 2)")
"""Texts added to a message by an edit."""

CAPTIONS: Final = (
    "meu resultado",
    "o erro é esse aqui",
    "print da tela",
    "olhem o gráfico 📊",
    "assim está certo?",
    "here is my dashboard",
)
