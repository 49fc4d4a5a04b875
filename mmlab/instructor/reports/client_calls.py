"""Calls of third-party clients to the local server; a script of its own, which runs in an environment of one client.

    python -I client_calls.py CLIENT SETTINGS

SETTINGS is JSON: {"openai", "anthropic", "google"}: base URLs of a server that answers; {"failing": the same of a
server that accepts only the key "right", and answers each request that has it with status 429}; "image": path of a PNG
file of a scene; "count": number of shapes in it; "models": provider → name to ask for. The last line of the output is JSON:
{"versions": {package: version}, "rows": {protocol: {feature: [outcome, detail]}}}; an outcome is "works", "none" (the
client does not have the feature) or "fails". For the two features of errors, the detail is the class of the error.

The script imports neither the course nor, at its head, any client.
"""

import asyncio
import base64
import json
import re
import sys
import warnings
from importlib import metadata
from pathlib import Path

QUESTION = "How many shapes are there?"
COUNTS = ("zero", "one", "two", "three", "four", "five", "six")
DONE = "recorded as number 7316"  # what the tool returns; the model repeats it
TRIES = {"max_retries": 0}
# feature → description, in the order of the table
FEATURES = {
    "text": "a text answer",
    "image": "a question about an image",
    "async": "the same, asynchronously",
    "stream": "the same, streamed",
    "turns": "a second turn about the image of the first",
    "tool": "a tool is called, and its result goes back",
    "tool image": "a tool returns an image, and the model sees it",
    "schema": "the reply fits a schema",
    "429": "the error for status 429",
    "401": "the error for a wrong key",
}


class Absent(Exception):
    """The client does not have a feature; the message says why."""


class Mismatch(Exception):
    """A feature gives something else than it should; the message shows it."""


class Settings:
    """The servers, the image and what is true of it."""

    def __init__(self, given: dict):
        self.given, self.count = given, given["count"]
        self.loop = asyncio.Runner()  # one for all calls: some clients keep connections from call to call
        self.png = Path(given["image"]).read_bytes()
        self.word = COUNTS[self.count]
        self.data = base64.b64encode(self.png).decode()
        self.url = "data:image/png;base64," + self.data

    def model(self, provider):
        """Return the name under which a client asks a provider: clients tell by it what a model can do."""
        return self.given["models"][provider]

    def base(self, provider: str, failing: bool = False) -> str:
        """Return the base URL of a provider, at the server that answers or at the one that fails."""
        return (self.given["failing"] if failing else self.given)[provider]

    def content(self) -> list[dict]:
        """Return the question about the image in OpenAI's form, which most clients take."""
        return [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {"url": self.url}}]


def require(condition, seen) -> None:
    """Raise Mismatch with what was seen instead, unless a condition holds."""
    if not condition:
        raise Mismatch(f"got {str(seen)[:300]!r}")


def error_of(call) -> str:
    """Return the module and the class of the error that a call raises."""
    try:
        result = call()
    except Exception as error:
        kind = type(error)
        return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
    raise Mismatch(f"no error; got {str(result)[:200]!r}")


class Client:
    """The calls of one client with one protocol.

    Each method is a feature and raises if it does not work. `failing` and `key` choose the server and the key.
    """

    packages: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    absent: dict[str, str] = {}  # feature, or "protocol: feature" → why the client does not have it

    def __init__(self, settings: Settings, protocol: str):
        self.s, self.protocol = settings, protocol
        self.provider = protocol.partition(" ")[0]

    def check(self, feature: str):
        """Try a feature; return the detail for the table or None."""
        for name in (feature, f"{self.protocol}: {feature}"):
            if name in self.absent:
                raise Absent(self.absent[name])
        if feature in ("429", "401"):
            name = error_of(lambda: self.ask(failing=True, key="right" if feature == "429" else "wrong"))
            return name
        getattr(self, feature.replace(" ", "_").replace("async", "awaited"))()
        return None

    def ask(self, **options):
        """Return the answer to a greeting."""
        raise NotImplementedError

    def text(self):
        """Get an answer."""
        answer = self.ask()
        require(isinstance(answer, str) and len(answer) > 3, answer)


# ---- litellm


class LiteLLM(Client):
    """litellm.completion."""

    packages = ("litellm",)
    protocols = ("openai chat", "openai responses", "anthropic", "google")

    def model(self):
        """Return the client's model."""
        prefix = {"openai": "openai", "anthropic": "anthropic", "google": "gemini"}[self.provider]
        middle = "responses/" if self.protocol.endswith("responses") else ""
        return f"{prefix}/{middle}{self.s.model(self.provider)}"

    def options(self, failing=False, key="any"):
        """Return the options of every call."""
        base = self.s.base(self.provider, failing)
        if self.provider == "google":
            base += "/v1beta"
        return {"model": self.model(), "api_base": base, "api_key": key, "num_retries": 0, **TRIES}

    def complete(self, messages, failing=False, key="any", **more):
        """Return a reply to messages."""
        import litellm

        return litellm.completion(messages=messages, **self.options(failing, key), **more)

    def ask(self, **options):
        """Return the answer to a greeting."""
        return self.complete([{"role": "user", "content": "Hello."}], **options).choices[0].message.content

    def image(self):
        """Ask about the image."""
        reply = self.complete([{"role": "user", "content": self.s.content()}])
        require(self.s.word in reply.choices[0].message.content, reply)

    def awaited(self):
        """Ask about the image, asynchronously."""
        import litellm

        messages = [{"role": "user", "content": self.s.content()}]
        reply = self.s.loop.run(litellm.acompletion(messages=messages, **self.options()))
        require(self.s.word in reply.choices[0].message.content, reply)

    def stream(self):
        """Ask about the image, and read the answer in pieces."""
        chunks = list(self.complete([{"role": "user", "content": self.s.content()}], stream=True))
        pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        require(len(chunks) > 2 and self.s.word in "".join(pieces), pieces)

    def turns(self):
        """Ask a second time in the same conversation."""
        messages = [{"role": "user", "content": self.s.content()}]
        first = self.complete(messages).choices[0].message
        messages += [first, {"role": "user", "content": QUESTION}]
        require(self.s.word in self.complete(messages).choices[0].message.content, messages)

    def tool(self):
        """Let a tool be called, and send its result back."""
        messages = [{"role": "user", "content": self.s.content()}]
        first = self.complete(messages, tools=[FUNCTION]).choices[0].message
        call = first.tool_calls[0]
        require(json.loads(call.function.arguments) == {"number": self.s.count}, call)
        messages += [first, {"role": "tool", "tool_call_id": call.id, "content": DONE}]
        answer = self.complete(messages, tools=[FUNCTION]).choices[0].message.content
        require("7316" in answer, answer)

    def tool_image(self):
        """Let a tool return the image."""
        calls = [{"id": "call_1", "type": "function", "function": {"name": "camera", "arguments": "{}"}}]
        messages = [
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_1", "content": [self.s.content()[1]]},
        ]
        answer = self.complete(messages, tools=[CAMERA]).choices[0].message.content
        require(self.s.word in answer, answer)

    def schema(self):
        """Ask for a structured reply."""
        form = {"type": "json_schema", "json_schema": {"name": "counted", "schema": SCHEMA, "strict": True}}
        reply = self.complete([{"role": "user", "content": self.s.content()}], response_format=form)
        require(json.loads(reply.choices[0].message.content) == {"answer": self.s.count}, reply)


SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}
FUNCTION = {
    "type": "function",
    "function": {
        "name": "record_count",
        "description": "Record how many shapes there are.",
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "integer"}},
            "required": ["number"],
        },
    },
}
CAMERA = {
    "type": "function",
    "function": {
        "name": "camera",
        "description": "Take a photo.",
        "parameters": {"type": "object", "properties": {}},
    },
}


# ---- langchain


class LangChain(Client):
    """The chat models of langchain-openai, langchain-anthropic and langchain-google-genai."""

    packages = ("langchain", "langchain-openai", "langchain-anthropic", "langchain-google-genai")
    protocols = ("openai chat", "openai responses", "anthropic", "google")
    absent = {"openai chat: tool image": "sends it as it is, and the protocol has only texts there"}

    def model(self, failing=False, key="any"):
        """Return the client's model."""
        base = self.s.base(self.provider, failing)
        if self.provider == "openai":
            from langchain_openai import ChatOpenAI

            responses = self.protocol.endswith("responses")
            return ChatOpenAI(
                model=self.s.model("openai"), base_url=base, api_key=key, use_responses_api=responses, **TRIES
            )
        if self.provider == "anthropic":
            from langchain_anthropic import ChatAnthropic

            return ChatAnthropic(model=self.s.model("anthropic"), base_url=base, api_key=key, **TRIES)
        from langchain_google_genai import ChatGoogleGenerativeAI

        return ChatGoogleGenerativeAI(
            model=self.s.model("google"), base_url=base, google_api_key=key, max_retries=1
        )

    def question(self):
        """Return the question about the image."""
        from langchain_core.messages import HumanMessage

        image = {"type": "image", "base64": self.s.data, "mime_type": "image/png"}
        return [HumanMessage(content=[{"type": "text", "text": QUESTION}, image])]

    def ask(self, **options):
        """Return the answer to a greeting."""
        return self.model(**options).invoke("Hello.").text

    def image(self):
        """Ask about the image."""
        reply = self.model().invoke(self.question())
        require(self.s.word in reply.text, reply)

    def awaited(self):
        """Ask about the image, asynchronously."""
        reply = self.s.loop.run(self.model().ainvoke(self.question()))
        require(self.s.word in reply.text, reply)

    def stream(self):
        """Ask about the image, and read the answer in pieces."""
        chunks = list(self.model().stream(self.question()))
        require(len(chunks) > 2 and self.s.word in "".join(chunk.text for chunk in chunks), chunks)

    def turns(self):
        """Ask a second time in the same conversation."""
        messages = self.question()
        messages += [self.model().invoke(messages), ("human", QUESTION)]
        answer = self.model().invoke(messages).text
        require(self.s.word in answer, answer)

    def tool(self):
        """Let a tool be called, and send its result back."""
        from langchain.agents import create_agent

        numbers = []

        def record_count(number: int) -> str:
            """Record how many shapes there are."""
            numbers.append(number)
            return DONE

        agent = create_agent(self.model(), tools=[record_count])
        answer = agent.invoke({"messages": self.question()})["messages"][-1].text
        require(numbers == [self.s.count] and "7316" in answer, (numbers, answer))

    def tool_image(self):
        """Let a tool return the image."""
        from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

        call = AIMessage(content="", tool_calls=[{"name": "camera", "args": {}, "id": "call_1"}])
        image = {"type": "image", "base64": self.s.data, "mime_type": "image/png"}
        if self.protocol == "openai chat":
            image = self.s.content()[1]
        result = ToolMessage(content=[image], tool_call_id="call_1", name="camera")
        answer = self.model().bind_tools([CAMERA]).invoke([HumanMessage(QUESTION), call, result]).text
        require(self.s.word in answer, answer)

    def schema(self):
        """Ask for a structured reply."""
        reply = self.model().with_structured_output(counted()).invoke(self.question())
        require(reply.answer == self.s.count, reply)


def counted():
    """Return the pydantic model of a structured reply."""
    from pydantic import BaseModel

    class Counted(BaseModel):
        """The number of shapes."""

        answer: int

    return Counted


# ---- instructor


class Instructor(Client):
    """instructor.from_openai, from_anthropic and from_genai."""

    packages = ("instructor", "openai", "anthropic", "google-genai", "jsonref")
    protocols = ("openai chat", "openai responses", "anthropic", "google")
    absent = {
        "text": "every reply is structured",
        "tool": "every reply is structured",
        "tool image": "every reply is structured",
    }

    def client(self, failing=False, key="any", asynchronous=False):
        """Return the client."""
        import instructor

        base, mode = self.s.base(self.provider, failing), instructor.Mode
        if self.provider == "openai":
            import openai

            kind = openai.AsyncOpenAI if asynchronous else openai.OpenAI
            mode = mode.RESPONSES_TOOLS if self.protocol.endswith("responses") else mode.TOOLS
            return instructor.from_openai(
                kind(base_url=base, api_key=key, **TRIES), mode=mode, model=self.s.model("openai")
            )
        if self.provider == "anthropic":
            import anthropic

            kind = anthropic.AsyncAnthropic if asynchronous else anthropic.Anthropic
            own = kind(base_url=base, api_key=key, **TRIES)
            return instructor.from_anthropic(own, model=self.s.model("anthropic"), max_tokens=200)
        from google import genai

        own = genai.Client(api_key=key, http_options={"base_url": base})
        return instructor.from_genai(own, use_async=asynchronous, model=self.s.model("google"))

    def question(self):
        """Return the question about the image."""
        import instructor

        return [{"role": "user", "content": [QUESTION, instructor.Image.from_base64(self.s.url)]}]

    def ask(self, **options):
        """Return the answer to a greeting."""
        messages = [{"role": "user", "content": "The answer is 3."}]
        return self.client(**options).create(messages=messages, response_model=counted(), max_retries=1)

    def image(self):
        """Ask about the image."""
        reply = self.client().create(messages=self.question(), response_model=counted(), max_retries=1)
        require(reply.answer == self.s.count, reply)

    schema = image

    def awaited(self):
        """Ask about the image, asynchronously."""

        async def ask():
            client = self.client(asynchronous=True)
            return await client.create(messages=self.question(), response_model=counted(), max_retries=1)

        reply = self.s.loop.run(ask())
        require(reply.answer == self.s.count, reply)

    def stream(self):
        """Ask about the image, and read the answer in pieces."""
        replies = list(
            self.client().create_partial(messages=self.question(), response_model=counted(), max_retries=1)
        )
        require(replies[-1].answer == self.s.count, replies)

    def turns(self):
        """Ask a second time in the same conversation."""
        messages = self.question()
        role = "model" if self.provider == "google" else "assistant"
        messages += [{"role": role, "content": "I counted them."}, {"role": "user", "content": QUESTION}]
        reply = self.client().create(messages=messages, response_model=counted(), max_retries=1)
        require(reply.answer == self.s.count, reply)


# ---- pydantic-ai


class PydanticAI(Client):
    """pydantic_ai.Agent."""

    packages = ("pydantic-ai-slim[openai,anthropic,google]",)
    protocols = ("openai chat", "openai responses", "anthropic", "google")

    def model(self, failing=False, key="any"):
        """Return the client's model."""
        base = self.s.base(self.provider, failing)
        if self.provider == "openai":
            import openai
            from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
            from pydantic_ai.providers.openai import OpenAIProvider

            kind = OpenAIResponsesModel if self.protocol.endswith("responses") else OpenAIChatModel
            own = openai.AsyncOpenAI(base_url=base, api_key=key, **TRIES)
            return kind(self.s.model("openai"), provider=OpenAIProvider(openai_client=own))
        if self.provider == "anthropic":
            import anthropic
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            own = anthropic.AsyncAnthropic(base_url=base, api_key=key, **TRIES)
            return AnthropicModel(self.s.model("anthropic"), provider=AnthropicProvider(anthropic_client=own))
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider

        return GoogleModel(self.s.model("google"), provider=GoogleProvider(api_key=key, base_url=base))

    def agent(self, failing=False, key="any", **options):
        """Return an agent."""
        from pydantic_ai import Agent

        return Agent(self.model(failing, key), **options)

    def run(self, agent, *given, **options):
        """Return the result of a run."""
        return self.s.loop.run(agent.run(*given, **options))

    def question(self):
        """Return the question about the image."""
        from pydantic_ai import BinaryContent

        return [QUESTION, BinaryContent(self.s.png, media_type="image/png")]

    def ask(self, **options):
        """Return the answer to a greeting."""
        return self.run(self.agent(**options), "Hello.").output

    def image(self):
        """Ask about the image."""
        answer = self.run(self.agent(), self.question()).output
        require(self.s.word in answer, answer)

    awaited = image

    def stream(self):
        """Ask about the image, and read the answer in pieces."""

        async def ask():
            async with self.agent().run_stream(self.question()) as reply:
                return [piece async for piece in reply.stream_text(delta=True, debounce_by=None)]

        pieces = self.s.loop.run(ask())
        require(len(pieces) > 1 and self.s.word in "".join(pieces), pieces)

    def turns(self):
        """Ask a second time in the same conversation."""
        agent = self.agent()
        first = self.run(agent, self.question())
        answer = self.run(agent, QUESTION, message_history=first.all_messages()).output
        require(self.s.word in answer, answer)

    def tool(self):
        """Let a tool be called, and send its result back."""
        numbers = []

        def record_count(number: int) -> str:
            """Record how many shapes there are."""
            numbers.append(number)
            return DONE

        answer = self.run(self.agent(tools=[record_count]), self.question()).output
        require(numbers == [self.s.count] and "7316" in answer, (numbers, answer))

    def tool_image(self):
        """Let a tool return the image."""
        from pydantic_ai import BinaryContent

        def shapes():
            """Take a photo of the shapes."""
            return BinaryContent(self.s.png, media_type="image/png")

        answer = self.run(self.agent(tools=[shapes]), QUESTION).output
        require(self.s.word in answer, answer)

    def schema(self):
        """Ask for a structured reply."""
        from pydantic_ai import NativeOutput, PromptedOutput, ToolOutput

        for kind in (ToolOutput, NativeOutput, PromptedOutput):
            reply = self.run(self.agent(output_type=kind(counted())), self.question()).output
            require(reply.answer == self.s.count, (kind, reply))


# ---- llama-index


class LlamaIndex(Client):
    """The LLM classes of llama-index."""

    packages = (
        "llama-index-core",
        "llama-index-llms-openai",
        "llama-index-llms-anthropic",
        "llama-index-llms-google-genai",
        "anthropic<1",  # llama-index-llms-anthropic 0.12 sends what later ones do not take
    )
    protocols = ("openai chat", "openai responses", "anthropic", "google")
    absent = {"openai chat: tool image": "sends only the texts of a result"}

    def model(self, failing=False, key="any"):
        """Return the client's model."""
        base = self.s.base(self.provider, failing)
        if self.provider == "openai":
            from llama_index.llms.openai import OpenAI, OpenAIResponses

            kind = OpenAIResponses if self.protocol.endswith("responses") else OpenAI
            return kind(model=self.s.model("openai"), api_base=base, api_key=key, **TRIES)
        if self.provider == "anthropic":
            from llama_index.llms.anthropic import Anthropic

            return Anthropic(
                model=self.s.model("anthropic"), base_url=base, api_key=key, temperature=1.0, **TRIES
            )
        from google.genai.types import HttpOptions
        from llama_index.llms.google_genai import GoogleGenAI

        options = {"api_key": key, "http_options": HttpOptions(base_url=base), "max_retries": 1}
        return GoogleGenAI(model=self.s.model("google"), **options)

    def question(self):
        """Return the question about the image."""
        from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock

        blocks = [TextBlock(text=QUESTION), ImageBlock(image=self.s.png, image_mimetype="image/png")]
        return [ChatMessage(role="user", blocks=blocks)]

    def ask(self, **options):
        """Return the answer to a greeting."""
        return self.model(**options).complete("Hello.").text

    def image(self):
        """Ask about the image."""
        answer = self.model().chat(self.question()).message.content
        require(self.s.word in answer, answer)

    def awaited(self):
        """Ask about the image, asynchronously."""
        answer = self.s.loop.run(self.model().achat(self.question())).message.content
        require(self.s.word in answer, answer)

    def stream(self):
        """Ask about the image, and read the answer in pieces."""
        pieces = [chunk.delta or "" for chunk in self.model().stream_chat(self.question())]
        require(len(pieces) > 2 and self.s.word in "".join(pieces), pieces)

    def turns(self):
        """Ask a second time in the same conversation."""
        from llama_index.core.llms import ChatMessage

        messages = self.question()
        messages += [self.model().chat(messages).message, ChatMessage(role="user", content=QUESTION)]
        answer = self.model().chat(messages).message.content
        require(self.s.word in answer, answer)

    def tool(self):
        """Let a tool be called, and send its result back."""
        from llama_index.core.llms import ChatMessage
        from llama_index.core.tools import FunctionTool

        def record_count(number: int) -> str:
            """Record how many shapes there are."""
            return DONE

        model, tool, messages = self.model(), FunctionTool.from_defaults(record_count), self.question()
        first = model.chat_with_tools([tool], chat_history=messages)
        call = model.get_tool_calls_from_response(first)[0]
        require(call.tool_kwargs == {"number": self.s.count}, call)
        result = ChatMessage(role="tool", content=DONE, additional_kwargs={"tool_call_id": call.tool_id})
        if self.provider == "google":
            result.additional_kwargs["name"] = "record_count"
        messages += [first.message, result]
        answer = model.chat_with_tools([tool], chat_history=messages).message.content
        require("7316" in answer, answer)

    def tool_image(self):
        """Let a tool return the image."""
        from llama_index.core.base.llms.types import ToolCallBlock
        from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
        from llama_index.core.tools import FunctionTool

        def shapes() -> str:
            """Take a photo of the shapes."""

        model = self.model()
        call = ToolCallBlock(tool_call_id="call_1", tool_name="shapes", tool_kwargs={})
        image = ImageBlock(image=self.s.png, image_mimetype="image/png")
        messages = [
            ChatMessage(role="user", content=QUESTION),
            ChatMessage(role="assistant", blocks=[call]),
            ChatMessage(
                role="tool",
                blocks=[TextBlock(text="taken"), image],
                additional_kwargs={"tool_call_id": "call_1", "name": "shapes"},
            ),
        ]
        tool = FunctionTool.from_defaults(shapes)
        answer = model.chat_with_tools([tool], chat_history=messages).message.content
        require(self.s.word in answer, answer)

    def schema(self):
        """Ask for a structured reply."""
        reply = self.model().as_structured_llm(counted()).chat(self.question()).raw
        require(reply.answer == self.s.count, reply)


# ---- openai-agents


class OpenAIAgents(Client):
    """agents.Runner."""

    packages = ("openai-agents",)
    protocols = ("openai chat", "openai responses")
    absent = {"openai chat: tool image": "sends '[tool output omitted]' in place of it"}

    def agent(self, failing=False, key="any", **options):
        """Return an agent."""
        import agents
        import openai

        agents.set_tracing_disabled(True)
        own = openai.AsyncOpenAI(base_url=self.s.base("openai", failing), api_key=key, **TRIES)
        kind = (
            agents.OpenAIResponsesModel
            if self.protocol.endswith("responses")
            else agents.OpenAIChatCompletionsModel
        )
        return agents.Agent(name="counter", model=kind(self.s.model("openai"), own), **options)

    def run(self, agent, given):
        """Return the result of a run."""
        import agents

        return self.s.loop.run(agents.Runner.run(agent, given))

    def question(self, question=QUESTION):
        """Return the question about the image."""
        image = {"type": "input_image", "image_url": self.s.url, "detail": "auto"}
        return [{"role": "user", "content": [{"type": "input_text", "text": question}, image]}]

    def ask(self, **options):
        """Return the answer to a greeting."""
        return self.run(self.agent(**options), "Hello.").final_output

    def image(self):
        """Ask about the image."""
        answer = self.run(self.agent(), self.question()).final_output
        require(self.s.word in answer, answer)

    awaited = image

    def stream(self):
        """Ask about the image, and read the answer in pieces."""
        import agents

        async def ask():
            result = agents.Runner.run_streamed(self.agent(), self.question())
            events = [event async for event in result.stream_events()]
            return result.final_output, [event for event in events if event.type == "raw_response_event"]

        answer, events = self.s.loop.run(ask())
        require(len(events) > 4 and self.s.word in answer, answer)

    def turns(self):
        """Ask a second time in the same conversation."""
        first = self.run(self.agent(), self.question())
        answer = self.run(
            self.agent(), first.to_input_list() + [{"role": "user", "content": QUESTION}]
        ).final_output
        require(self.s.word in answer, answer)

    def tool(self):
        """Let a tool be called, and send its result back."""
        import agents

        numbers = []

        @agents.function_tool
        def record_count(number: int) -> str:
            """Record how many shapes there are."""
            numbers.append(number)
            return DONE

        answer = self.run(self.agent(tools=[record_count]), self.question()).final_output
        require(numbers == [self.s.count] and "7316" in answer, (numbers, answer))

    def tool_image(self):
        """Let a tool return the image."""
        import agents

        @agents.function_tool
        def shapes() -> agents.ToolOutputImage:
            """Take a photo of the shapes."""
            return agents.ToolOutputImage(image_url=self.s.url)

        answer = self.run(self.agent(tools=[shapes]), QUESTION).final_output
        require(self.s.word in answer, answer)

    def schema(self):
        """Ask for a structured reply."""
        reply = self.run(self.agent(output_type=counted()), self.question()).final_output
        require(reply.answer == self.s.count, reply)


# ---- inspect-ai


class InspectAI(Client):
    """inspect_ai.model.get_model."""

    packages = ("inspect-ai", "openai", "anthropic", "google-genai")
    protocols = ("openai chat", "openai responses", "anthropic", "google")
    absent = {"stream": "replies are returned whole"}

    def model(self, failing=False, key="any"):
        """Return the client's model."""
        from inspect_ai.model import get_model

        names = {
            "openai": f"openai/{self.s.model('openai')}",
            "anthropic": f"anthropic/{self.s.model('anthropic')}",
            "google": f"google/{self.s.model('google')}",
        }
        more = {"responses_api": self.protocol.endswith("responses")} if self.provider == "openai" else {}
        base = self.s.base(self.provider, failing)
        return get_model(names[self.provider], base_url=base, api_key=key, memoize=False, **more)

    def generate(self, messages, failing=False, key="any", **options):
        """Return a reply to messages."""
        from inspect_ai.model import GenerateConfig

        config = GenerateConfig(max_retries=0, **options.pop("config", {}))
        return self.s.loop.run(self.model(failing, key).generate(messages, config=config, **options))

    def question(self):
        """Return the question about the image."""
        from inspect_ai.model import ChatMessageUser, ContentImage, ContentText

        return [ChatMessageUser(content=[ContentText(text=QUESTION), ContentImage(image=self.s.url)])]

    def ask(self, **options):
        """Return the answer to a greeting."""
        return self.generate("Hello.", **options).completion

    def image(self):
        """Ask about the image."""
        answer = self.generate(self.question()).completion
        require(self.s.word in answer, answer)

    awaited = image

    def turns(self):
        """Ask a second time in the same conversation."""
        from inspect_ai.model import ChatMessageUser

        messages = self.question()
        messages += [self.generate(messages).message, ChatMessageUser(content=QUESTION)]
        answer = self.generate(messages).completion
        require(self.s.word in answer, answer)

    def tool(self):
        """Let a tool be called, and send its result back."""
        from inspect_ai.model import execute_tools
        from inspect_ai.tool import tool

        numbers = []

        @tool
        def record_count():
            async def execute(number: int) -> str:
                """Record how many shapes there are.

                Args:
                    number: the number of shapes
                """
                numbers.append(number)
                return DONE

            return execute

        tools, messages = [record_count()], self.question()
        messages.append(self.generate(messages, tools=tools).message)
        messages += self.s.loop.run(execute_tools(messages, tools)).messages
        answer = self.generate(messages, tools=tools).completion
        require(numbers == [self.s.count] and "7316" in answer, (numbers, answer))

    def tool_image(self):
        """Let a tool return the image."""
        from inspect_ai.model import ChatMessageUser, ContentImage, execute_tools
        from inspect_ai.tool import tool

        @tool
        def shapes():
            async def execute() -> list[ContentImage]:
                """Take a photo of the shapes."""
                return [ContentImage(image=self.s.url)]

            return execute

        tools, messages = [shapes()], [ChatMessageUser(content=QUESTION)]
        messages.append(self.generate(messages, tools=tools).message)
        messages += self.s.loop.run(execute_tools(messages, tools)).messages
        answer = self.generate(messages, tools=tools).completion
        require(self.s.word in answer, answer)

    def schema(self):
        """Ask for a structured reply."""
        from inspect_ai.model import ResponseSchema
        from inspect_ai.util import json_schema

        form = ResponseSchema(name="counted", json_schema=json_schema(counted()))
        answer = self.generate(self.question(), config={"response_schema": form}).completion
        require(json.loads(answer) == {"answer": self.s.count}, answer)


# ---- dspy


class DSPy(Client):
    """dspy.Predict over dspy.LM, which calls litellm."""

    packages = ("dspy",)
    protocols = ("openai chat", "openai responses", "anthropic", "google")

    def model(self, failing=False, key="any"):
        """Return the client's model."""
        import dspy

        names = {
            "openai": f"openai/{self.s.model('openai')}",
            "anthropic": f"anthropic/{self.s.model('anthropic')}",
            "google": f"gemini/{self.s.model('google')}",
        }
        base = self.s.base(self.provider, failing)
        base += {"openai": "", "anthropic": "/v1", "google": "/v1beta"}[self.provider]
        kind = "responses" if self.protocol.endswith("responses") else "chat"
        return dspy.LM(
            names[self.provider], api_base=base, api_key=key, cache=False, num_retries=0, model_type=kind
        )

    def predict(self, signature, adapter="ChatAdapter", module="Predict", failing=False, key="any", **inputs):
        """Return a prediction."""
        import dspy

        with dspy.context(lm=self.model(failing, key), adapter=getattr(dspy, adapter)()):
            return getattr(dspy, module)(signature)(**inputs)

    def ask(self, **options):
        """Return the answer to a greeting."""
        return self.predict("question: str -> answer: str", question="Hello.", **options).answer

    def image(self):
        """Ask about the image."""
        import dspy

        for adapter in ("ChatAdapter", "JSONAdapter"):
            reply = self.predict(
                "image: dspy.Image, question: str -> answer: int",
                adapter,
                image=dspy.Image(self.s.url),
                question=QUESTION,
            )
            require(reply.answer == self.s.count, (adapter, reply))

    def awaited(self):
        """Ask about the image, asynchronously."""
        import dspy

        async def ask():
            with dspy.context(lm=self.model()):
                predict = dspy.Predict("image: dspy.Image, question: str -> answer: int")
                return await predict.acall(image=dspy.Image(self.s.url), question=QUESTION)

        reply = self.s.loop.run(ask())
        require(reply.answer == self.s.count, reply)

    def stream(self):
        """Ask about the image, and read the answer in pieces."""
        import dspy

        async def ask():
            with dspy.context(lm=self.model()):
                predict = dspy.Predict("image: dspy.Image, question: str -> answer: str")
                listener = dspy.streaming.StreamListener(signature_field_name="answer")
                output = dspy.streamify(predict, stream_listeners=[listener])
                return [piece async for piece in output(image=dspy.Image(self.s.url), question=QUESTION)]

        pieces = self.s.loop.run(ask())
        text = "".join(piece.chunk for piece in pieces if isinstance(piece, dspy.streaming.StreamResponse))
        require(len(pieces) > 1 and self.s.word in text.lower(), pieces)

    def turns(self):
        """Ask a second time in the same conversation."""
        import dspy

        history = dspy.History(
            messages=[{"image": dspy.Image(self.s.url), "question": QUESTION, "answer": self.s.count}]
        )

        class Ask(dspy.Signature):
            history: dspy.History = dspy.InputField()
            image: dspy.Image = dspy.InputField()
            question: str = dspy.InputField()
            answer: int = dspy.OutputField()

        reply = self.predict(Ask, history=history, image=dspy.Image(self.s.url), question=QUESTION)
        require(reply.answer == self.s.count, reply)

    def tool(self):
        """Let a tool be called, and send its result back."""
        import dspy

        def record_count(number: int) -> str:
            """Record how many shapes there are."""
            return DONE

        class Ask(dspy.Signature):
            image: dspy.Image = dspy.InputField()
            question: str = dspy.InputField()
            tools: list[dspy.Tool] = dspy.InputField()
            outputs: dspy.ToolCalls = dspy.OutputField()

        inputs = {"image": dspy.Image(self.s.url), "question": QUESTION, "tools": [dspy.Tool(record_count)]}
        with dspy.context(lm=self.model(), adapter=dspy.ChatAdapter(use_native_function_calling=True)):
            call = dspy.Predict(Ask)(**inputs).outputs.tool_calls[0]
        require((call.name, call.args) == ("record_count", {"number": self.s.count}), call)

    absent = {"tool image": "results of tools are texts"}

    def schema(self):
        """Ask for a structured reply."""
        import dspy

        class Ask(dspy.Signature):
            image: dspy.Image = dspy.InputField()
            question: str = dspy.InputField()
            result: counted() = dspy.OutputField()

        for adapter in ("ChatAdapter", "JSONAdapter"):
            reply = self.predict(Ask, adapter, image=dspy.Image(self.s.url), question=QUESTION).result
            require(reply.answer == self.s.count, (adapter, reply))


CLIENTS = {
    "litellm": LiteLLM,
    "langchain": LangChain,
    "instructor": Instructor,
    "pydantic-ai": PydanticAI,
    "llama-index": LlamaIndex,
    "openai-agents": OpenAIAgents,
    "inspect-ai": InspectAI,
    "dspy": DSPy,
}


def tried(client: Client, feature: str) -> list:
    """Return the outcome of a feature and its detail."""
    try:
        return ["works", client.check(feature)]
    except Absent as reason:
        return ["none", str(reason)]
    except Exception as error:
        return ["fails", f"{type(error).__name__}: {error}"[:400]]


def main() -> int:
    """Try every feature of a client with every protocol, and print the outcomes."""
    warnings.simplefilter("ignore")
    name, given = sys.argv[1:3]
    kind, settings = CLIENTS[name], Settings(json.loads(given))
    rows = {}
    for protocol in kind.protocols:
        client = kind(settings, protocol)
        rows[protocol] = {feature: tried(client, feature) for feature in FEATURES}
    names = [re.match(r"[\w-]+", package)[0] for package in kind.packages]
    versions = {name: metadata.version(name) for name in names}
    print(json.dumps({"versions": versions, "rows": rows}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
