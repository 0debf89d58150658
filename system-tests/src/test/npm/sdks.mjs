// Drives the official SDKs through Weir, unmodified but for base URL and key, with their own retries on, and prints what each
// scenario saw as one line of JSON. Run by NpmSdkIT:
//
//   ROOT_URL=http://127.0.0.1:8080 KEY_openaiChat=wr_… KEY_openaiStream=wr_… … node sdks.mjs
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const root = process.env.ROOT_URL;
const base = root + '/sandbox';
const long = 'weir '.repeat(3_000);
const question = [{role: 'user', content: 'What is a weir?'}];

// An SDK's fetch that counts what goes over the wire.
function counting() {
    const counted = async (...request) => {
        counted.requests++;
        return fetch(...request);
    };
    counted.requests = 0;
    return counted;
}

const scenarios = {
    async openaiChat(key, fetch) {
        const answer = await openai(key, fetch).chat.completions.create(
            {model: 'sandbox-small', max_completion_tokens: 30, messages: question});
        return {text: answer.choices[0].message.content, in: answer.usage.prompt_tokens, out: answer.usage.completion_tokens};
    },
    async openaiStream(key, fetch) {
        const stream = await openai(key, fetch).chat.completions.create(
            {model: 'sandbox-small', stream: true, messages: question, weir_sandbox: {output_tokens: 40}});
        let text = '';
        let chunksWithoutChoice = 0;
        for await (const chunk of stream) {
            chunksWithoutChoice += chunk.choices.length === 0 ? 1 : 0;
            text += chunk.choices[0]?.delta?.content ?? '';
        }
        return {text, chunksWithoutChoice, out: 40};
    },
    async openaiError(key, fetch) {
        await openai(key, fetch).chat.completions.create(
            {model: 'sandbox-small', messages: question, weir_sandbox: {status: 400}});
    },
    async openaiBlock(key, fetch) {
        await openai(key, fetch).chat.completions.create({model: 'sandbox-small', messages: [{role: 'user', content: long}]});
    },
    async anthropicMessage(key, fetch) {
        const answer = await anthropic(key, fetch).messages.create({model: 'sandbox-small', max_tokens: 20, messages: question});
        return {text: answer.content[0].text, in: answer.usage.input_tokens, out: answer.usage.output_tokens};
    },
    async anthropicStream(key, fetch) {
        const whole = await anthropic(key, fetch).messages.stream(
            {model: 'sandbox-small', max_tokens: 20, messages: question}).finalMessage();
        return {text: whole.content[0].text, in: whole.usage.input_tokens, out: whole.usage.output_tokens};
    },
    // The provider behind these ignores the output limit, and a cap ends its stream.
    async openaiCut(key, fetch) {
        const stream = await openai(key, fetch, root + '/openai/v1').chat.completions.create({model: 'gpt-4o-mini',
            stream: true, stream_options: {include_usage: true}, max_completion_tokens: 200, messages: question});
        let text = '';
        let reason = null;
        let out = null;
        for await (const chunk of stream) {
            text += chunk.choices[0]?.delta?.content ?? '';
            reason = chunk.choices[0]?.finish_reason ?? reason;
            out = chunk.usage?.completion_tokens ?? out;
        }
        return {text, reason, out};
    },
    async responsesCut(key, fetch) {
        const stream = await openai(key, fetch, root + '/openai/v1').responses.create(
            {model: 'gpt-4o-mini', stream: true, max_output_tokens: 200, input: 'What is a weir?'});
        let text = '';
        let last = null;
        for await (const event of stream) {
            text += event.type === 'response.output_text.delta' ? event.delta : '';
            last = event;
        }
        return {text, reason: last.response.incomplete_details.reason, out: last.response.usage.output_tokens};
    },
    async anthropicCut(key, fetch) {
        const whole = await anthropic(key, fetch, root + '/anthropic').messages.stream(
            {model: 'claude-haiku-4-5', max_tokens: 200, messages: question}).finalMessage();
        return {text: whole.content[0].text, reason: whole.stop_reason, out: whole.usage.output_tokens};
    },
    async anthropicBlock(key, fetch) {
        await anthropic(key, fetch).messages.create(
            {model: 'sandbox-small', max_tokens: 50, messages: [{role: 'user', content: long}]});
    },
};

function openai(key, fetch, baseURL = base + '/v1') {
    return new OpenAI({baseURL, apiKey: key, fetch});
}

function anthropic(key, fetch, baseURL = base) {
    return new Anthropic({baseURL, apiKey: key, fetch});
}

for (const [name, run] of Object.entries(scenarios)) {
    const fetch = counting();
    const key = process.env['KEY_' + name];
    const line = {name};
    try {
        Object.assign(line, await run(key, fetch));
    } catch (error) {
        line.error = error.constructor.name;
        line.status = error.status;
        line.message = String(error.message);
    }
    line.requests = fetch.requests;
    console.log(JSON.stringify(line));
}
