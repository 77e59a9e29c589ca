import { GraphiQL } from 'graphiql';
import type { GraphQLSchema } from 'graphql';
import { type ChangeEvent, useCallback, useEffect, useMemo, useState } from 'react';
import { createFetcher } from './fetcher';
import { SystemTheme } from './SystemTheme';
import { OperationsIcon, OperationsRail } from './OperationsRail';
import { savedOperations } from './operations';

const TOKEN_KEY = 'stampede.playground.token';

const rail = { title: 'Operations', icon: OperationsIcon, content: OperationsRail };
const plugins = [rail];
const firstTab = [{ query: savedOperations[0]?.query ?? '' }];

/** GraphiQL, with the token in sight and the first questions at hand. For integrators, in English. */
export function Playground({ schema }: { schema: GraphQLSchema | undefined }) {
  const [token, setToken] = useToken();
  const { fetcher, close } = useMemo(() => createFetcher(token, setToken), [token, setToken]);
  useEffect(() => close, [close]);
  return (
    <>
      <header className="bar">
        <a href="/">Stampede</a>
        <span>Playground</span>
        <TokenField token={token} onChange={setToken} />
      </header>
      <GraphiQL
        fetcher={fetcher}
        {...(schema && { schema })}
        plugins={plugins}
        visiblePlugin={rail}
        defaultTabs={firstTab}
        defaultEditorToolsVisibility="variables"
        isHeadersEditorEnabled={false}
      >
        <GraphiQL.Logo>
          <span />
        </GraphiQL.Logo>
        <SystemTheme />
      </GraphiQL>
    </>
  );
}

interface TokenFieldProps {
  token: string;
  onChange: (token: string) => void;
}

function TokenField({ token, onChange }: TokenFieldProps) {
  return (
    <label className="token">
      Token
      <input
        type="text"
        value={token}
        onChange={(event: ChangeEvent<HTMLInputElement>) => onChange(event.target.value.trim())}
        placeholder="None: anonymous. Paste an access token to buy or to operate."
        autoComplete="off"
        spellCheck={false}
      />
    </label>
  );
}

/** Kept for this tab only: an operator's token is not left lying about. */
function useToken(): [string, (token: string) => void] {
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN_KEY) ?? '');
  const keepToken = useCallback((next: string) => {
    sessionStorage.setItem(TOKEN_KEY, next);
    setToken(next);
  }, []);
  return [token, keepToken];
}
