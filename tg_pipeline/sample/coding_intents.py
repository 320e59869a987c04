"""Questions about what the course teaches: Python, SQL, the cloud."""

from typing import Final

from tg_pipeline.sample.intents import Intent

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
